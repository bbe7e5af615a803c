"""A training that goes on, seen by several, by nobody, and again."""

import pytest

from tests.browser import axe, screenshots
from tests.browser.reader import LOCALES, WIDE, too_wide, turn

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE = 60_000  # ms, for a training to end


def lines(page):
    return page.locator(".log .ln").all_inner_texts()


def watch(page, job):
    """Its page, once it tells what it does."""
    page.goto(f"/mlops/jobs/{job}/")
    page.locator(".log .ln", has_text="round 3 of").wait_for()


def wait_for_the_end(page):
    page.locator(".path .end-good").wait_for(timeout=PATIENCE)
    page.locator(".log:not(:has([data-poll]))").wait_for()


def test_two_browsers_see_the_same_progress_and_the_same_log(company, sign_in):
    theo, vera = sign_in("operator"), sign_in("viewer")

    with company.a_training() as job:
        watch(theo, job)
        watch(vera, job)
    for page in (theo, vera):
        wait_for_the_end(page)
    seen = lines(theo)

    assert lines(vera) == seen
    theo.reload()
    assert lines(theo) == seen


def test_what_a_page_asks_by_itself_says_so_and_what_is_pressed_does_not(sign_in):
    page = sign_in("viewer")
    asked = {"hx-request": "true"}

    with page.expect_request("**/mlops/jobs/", timeout=PATIENCE) as opened:
        page.goto("/mlops/jobs/")
    with page.expect_request("**/mlops/jobs/", timeout=PATIENCE) as by_itself:
        pass

    assert "preciso-poll" not in opened.value.headers
    assert asked.items() <= by_itself.value.headers.items()
    assert by_itself.value.headers["preciso-poll"] == "true"


def test_a_reload_in_the_middle_shows_what_was_shown(company, sign_in):
    theo = sign_in("operator")

    with company.a_training() as job:
        watch(theo, job)
        before, progress = lines(theo), theo.locator(".progress progress[value]")
        reached = float(progress.get_attribute("value"))
        theo.reload()

        assert lines(theo)[: len(before)] == before
        assert float(progress.get_attribute("value")) >= reached
        theo.locator(".path .now", has_text="Running").wait_for()


def test_a_training_ends_though_its_tab_was_closed(company, sign_in):
    theo = sign_in("operator")
    with company.a_training() as job:
        watch(theo, job)
        seen = lines(theo)
        theo.close()

    later = sign_in("operator")
    later.goto(f"/mlops/jobs/{job}/")
    whole = lines(later)

    later.locator(".path .end-good").wait_for()
    assert whole[: len(seen)] == seen
    assert any("Chosen:" in line for line in whole)


@pytest.fixture(scope="module")
def job(company):
    with company.a_training() as job:
        yield job


def test_the_page_of_a_training_that_goes_on_is_whole(job, sign_in):
    for language, locale in LOCALES.items():
        page = sign_in("operator", locale=locale)
        watch(page, job)
        page.locator(".path .now").wait_for()
        screenshots.keep(page, "job-live", language)
        assert too_wide(page) == []


@pytest.mark.axe
def test_the_page_of_a_training_that_goes_on_is_accessible(job, sign_in, checker):
    theo = sign_in("operator", reduced_motion="reduce")

    watch(theo, job)
    assert axe.findings(theo, checker) == []
    turn(theo, WIDE, "dark")
    assert axe.findings(theo, checker, axe.COLORS) == []
