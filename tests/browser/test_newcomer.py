"""The way of a newcomer through the pages, in a real browser with a real worker."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE = 60_000  # ms, for a training to end
PAGES = [
    "/mlops/",
    "/mlops/training/",
    "/mlops/approvals/",
    "/mlops/jobs/",
    "/mlops/models/",
    "/ops-console/",
    "/logs/",
    "/settings/",
    "/setup/",
]


def begin_training(page):
    """By Batch if anything is new, else once more on what is sealed; then its log."""
    page.goto("/mlops/training/")
    batch = page.get_by_role("button", name="Seal and train")
    name = "Seal and train" if batch.is_enabled() else "Train again"
    page.get_by_role("button", name=name).first.click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()
    page.get_by_text("Submitted: job").wait_for()
    page.get_by_role("link", name="Log and details").click()


def train(page):
    """Follow a training live to its end; the address of the model it made."""
    begin_training(page)
    page.locator(".path .end-good").wait_for(timeout=PATIENCE)
    page.get_by_role("link", name="See the model").click()
    return page.url


def let_serve(page, address, reason):
    page.goto(address)
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Let it serve").click()
    page.get_by_text("serves now.", exact=False).first.wait_for()


def serving(page):
    page.goto("/mlops/models/")
    return page.locator(".panel-name").inner_text()


def test_from_the_first_approval_to_the_rollback(sign_in):
    rita, theo = sign_in("reviewer"), sign_in("operator")

    let_serve(theo, train(theo), "The first one.")
    first = serving(theo)
    rita.goto("/mlops/approvals/")
    rita.keyboard.press("s")
    rita.get_by_role("heading", name="Your decision").wait_for()
    rita.get_by_role("heading", name="Your decision").click()
    rita.keyboard.press("c")
    rita.get_by_label("Another decision").fill("no")
    rita.keyboard.press("Enter")
    rita.get_by_text(": no.", exact=False).first.wait_for()
    let_serve(theo, train(theo), "Learnt from more.")
    second = serving(theo)
    theo.get_by_role("button", name="Roll back to v1").click()
    theo.get_by_text("Automatic promotion is on hold.").first.wait_for()

    assert (first, second) == ("preciso-default v1", "preciso-default v2")
    assert serving(theo) == first
    assert theo.locator("[data-poll]").count() == 0


def test_the_log_of_a_running_job_goes_on_in_a_second_browser(sign_in):
    theo = sign_in("operator")
    begin_training(theo)
    theo.wait_for_url("**/jobs/*/")
    address = theo.url

    vera = sign_in("viewer")
    vera.goto(address)
    for page in (theo, vera):
        page.locator(".path .end-good").wait_for(timeout=PATIENCE)
        page.locator(".log:not(:has([data-poll]))").wait_for()
    theo.reload()

    shown = [page.locator(".log .ln").all_inner_texts() for page in (theo, vera)]
    assert shown[0] == shown[1]
    assert len(shown[0]) > 1


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_window(sign_in, width, scheme):
    page = sign_in("admin", width=width, color_scheme=scheme)

    for address in PAGES:
        page.goto(address)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, address


def test_the_chosen_theme_stays(sign_in):
    page = sign_in("viewer", color_scheme="light")

    page.locator(".side [data-do=theme]").click()
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_on_a_phone_every_section_is_within_reach(sign_in):
    page = sign_in("viewer", width=390)

    page.get_by_role("navigation", name="Main sections").get_by_text("Jobs").click()
    page.wait_for_url("**/mlops/jobs/")
    page.locator(".topbar summary").click()
    page.locator(".topbar").get_by_role("link", name="Logs").click()

    page.wait_for_url("**/logs/")


def decided_today(page):
    """What the inbox says; nothing while nobody has decided."""
    said = re.search(r"(\d+) decided today", page.inner_text("main"))
    return int(said[1]) if said else 0


def test_without_javascript_a_reviewer_can_decide(sign_in):
    page = sign_in("reviewer", java_script_enabled=False)

    page.goto("/mlops/approvals/")
    before = decided_today(page)
    page.get_by_role("link", name="Start deciding").click()
    page.get_by_role("button", name=re.compile("^(Agree|Decide): ")).first.click()

    assert decided_today(page) == before + 1


def test_a_reader_of_the_keyboard_reaches_the_content_first(sign_in):
    page = sign_in("viewer")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
