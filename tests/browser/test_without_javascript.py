"""Without JavaScript: everything is an ordinary form."""

import re

import pytest

from tests.browser.test_newcomer import serving

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def sign_in_plainly(sign_in):
    return lambda name: sign_in(name, java_script_enabled=False)


def decided_today(page):
    """What the inbox says; nothing while nobody has decided."""
    said = re.search(r"(\d+) decided today", page.inner_text("main"))
    return int(said[1]) if said else 0


def test_a_reviewer_decides(sign_in_plainly):
    page = sign_in_plainly("reviewer")

    page.goto("/mlops/approvals/")
    before = decided_today(page)
    page.get_by_role("link", name="Start deciding").click()
    page.get_by_role("button", name=re.compile("^(Agree|Decide): ")).first.click()

    assert decided_today(page) == before + 1


def test_an_operator_starts_a_training_and_stops_it(sign_in_plainly, company):
    page = sign_in_plainly("operator")

    with company.a_training():  # so that the next one waits
        page.goto("/mlops/training/datasets/{dataset}/".format(**company.known))
        page.get_by_role("button", name="On everything it contains").click()
        page.get_by_text("Submitted: job").wait_for()
        page.goto("/mlops/jobs/")
        page.locator("tbody th a").first.click()
        page.get_by_role("heading", name="Log").wait_for()
        page.get_by_role("button", name="Stop").click()

        page.locator(".path .end-flat", has_text="Canceled").wait_for()


def test_an_operator_selects_a_model_and_rolls_back(sign_in_plainly, company):
    page = sign_in_plainly("operator")
    before = serving(page)
    other = "first_model" if before.endswith("v2") else "model"

    page.goto(f"/mlops/models/{company.known[other]}/")
    page.get_by_label("Reason").fill("To see whether it can.")
    page.get_by_role("button", name="Let it serve").click()
    page.get_by_text("serves now.").first.wait_for()
    assert serving(page) != before
    page.get_by_role("button", name=re.compile("Roll back to v")).click()

    page.get_by_text("Automatic promotion is on hold.").first.wait_for()
    assert serving(page) == before


def test_an_administrator_changes_a_rule(sign_in_plainly):
    page = sign_in_plainly("admin")

    page.goto("/settings/rules/")
    page.get_by_role("link", name=re.compile("Change.*When Auto trains")).click()
    page.get_by_label("Minutes between trainings").fill("45")
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Saved.").first.wait_for()
    assert "45" in page.inner_text("main")
