"""The way of a newcomer through the pages, in a real browser with a real worker."""

import re

import pytest

from tests.browser.company import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE = 60_000  # ms, for a training to end


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
    page.locator(".log .ln", has_text="Comparing kinds of model").first.wait_for()
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


def correct_a_case(page):
    page.goto("/mlops/approvals/")
    page.keyboard.press("s")
    page.get_by_role("heading", name="Your decision").click()
    page.keyboard.press("c")
    page.get_by_label("Another decision").fill("no")
    page.keyboard.press("Enter")
    page.get_by_text(": no.", exact=False).first.wait_for()


def test_from_the_sign_in_to_the_rollback(open_window, sign_in):
    rita = open_window()
    rita.goto("/mlops/approvals/")
    rita.get_by_label("User name").fill("reviewer")
    rita.get_by_label("Password").fill(PASSWORD)
    rita.get_by_role("button", name="Sign in").click()
    rita.wait_for_url("**/mlops/approvals/")
    theo = sign_in("operator")
    before = serving(theo)

    correct_a_case(rita)
    let_serve(theo, train(theo), "Learnt from more.")
    after = serving(theo)
    theo.get_by_role("button", name=re.compile("Roll back to v")).click()
    theo.get_by_text("Automatic promotion is on hold.").first.wait_for()

    assert after != before
    assert serving(theo) == before
    assert theo.locator("[data-poll]").count() == 0


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


def test_on_a_phone_the_chosen_tab_is_in_view(sign_in):
    page = sign_in("admin", width=390)

    page.goto("/settings/tokens/")
    tab = page.locator(".tabs [aria-current]").bounding_box()

    assert tab["x"] >= 0
    assert tab["x"] + tab["width"] <= 390
