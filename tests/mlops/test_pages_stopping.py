"""The off switch on the pages: two clicks away, and unmistakable once pressed."""

import pytest

from mlops.evaluation.reading_times import ShortReviews as Heed
from mlops.pages.overview.next_step import next_step
from mlops.pages.shared import production
from mlops.predictor_cache import STORE
from mlops.serving import fallbacks, off_switch, selection
from tests.apis import a_case, a_model_version, a_sealed_version, person
from tests.mlops.people import browser, by_htmx, text
from training.choices import ReviewSource
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.reading_times import PageReading

pytestmark = pytest.mark.django_db

WITH_SWITCH = ["/mlops/", "/mlops/models/", "/mlops/training/"]


@pytest.fixture
def theo():
    return browser("Operator", "theo")


@pytest.fixture
def versions(theo, two_model_directories):
    STORE.clear()
    sealed = a_sealed_version(person("Reviewer"), size=3)
    both = [a_model_version(sealed, files) for files in two_model_directories]
    for version in both:
        selection.select_version(version, by=theo.user)
    return both


@pytest.mark.parametrize("page", WITH_SWITCH)
def test_the_switch_is_on_the_page_for_whom_may_press_it(versions, theo, page):
    assert 'action="/mlops/models/stop/"' in text(theo.get(page))
    assert 'action="/mlops/models/stop/"' not in text(browser("Viewer").get(page))


def test_pressed_the_page_says_that_people_decide_and_how_to_go_on(versions, theo):
    done = theo.post("/mlops/models/stop/", {"reason": "Odd."}, follow=True)
    page = text(done)
    assert "Stopped: people decide" in page
    assert "panel-stopped" in page
    assert 'action="/mlops/models/start/"' in page
    for other in (*WITH_SWITCH, "/ops-console/", "/setup/", "/logs/"):
        assert theo.get(other).status_code == 200
    assert "panel-stopped" in text(theo.get("/mlops/"))
    assert "Stopped" in text(browser("Viewer").get("/mlops/"))
    for version in versions:
        assert theo.get(f"/mlops/models/{version.pk}/").status_code == 200


def test_the_next_step_is_to_start_again_for_whom_may(versions, theo):
    rita = browser("Reviewer", "rita")
    assert "All done" in text(theo.get("/mlops/"))
    off_switch.stop_serving(by=theo.user, reason="Odd answers.")

    step = next_step(theo.user)
    assert (step.button, step.url) == ("Start it again", "#serving-title")
    assert next_step(rita.user) is None
    for who in (theo, rita):
        page = text(who.get("/mlops/"))
        assert "All done" not in page
        assert "Serving is stopped: people decide" in page
        assert "by theo: “Odd answers.”" in page
    assert 'href="#serving-title">Start it again' in text(theo.get("/mlops/"))
    assert "An operator can start it again." in text(rita.get("/mlops/"))
    case = a_case(by=theo.user)
    assert next_step(rita.user).url == f"/mlops/approvals/{case.pk}/"

    off_switch.start_serving(by=theo.user, reason="Fine.")
    assert next_step(theo.user) is None
    assert "Serving is stopped" not in text(theo.get("/mlops/"))


LISTS = ["/mlops/approvals/", "/mlops/approvals/?status=all&q=x"]


@pytest.mark.parametrize("page", LISTS)
def test_each_list_of_cases_says_that_nothing_is_recommended(versions, theo, page):
    rita = browser("Reviewer", "rita")
    banner = "Serving is stopped: new cases come in without a recommendation."
    assert banner not in text(rita.get(page))
    off_switch.stop_serving(by=theo.user, reason="Odd <b>answers</b>.")

    for headers in ({}, {"HX-Request": "true"}):
        shown = text(rita.get(page, headers=headers))
        assert banner in shown
        assert "by theo: “Odd &lt;b&gt;answers&lt;/b&gt;.”" in shown
        assert "Start it again" not in shown
    assert "Start it again" in text(theo.get(page))

    off_switch.start_serving(by=theo.user, reason="Fine.")
    assert banner not in text(rita.get(page))


def test_production_tells_of_the_time_when_it_served(versions, theo):
    last = f"{versions[1]} served until"
    assert last not in text(theo.get("/mlops/models/"))
    known = text(theo.get("/mlops/models/new-cases/"))
    assert "Not known for this version" in known
    off_switch.stop_serving(by=theo.user, reason="Odd.")

    page = text(theo.get("/mlops/models/"))
    assert last in page
    assert "since it serves" not in page
    asked = text(theo.get("/mlops/models/new-cases/"))
    assert "Serving is stopped, so no model recommends anything" in asked
    assert "Nothing serves yet" not in asked


def test_a_review_after_the_stop_is_not_of_the_time_before(versions, theo):
    rita, administrator = person("Reviewer", "rita"), browser("Admin")
    for _time in range(2):
        read = ReviewInput(decision="deny", attention=PageReading(3, 5))
        approve_case(a_case(by=theo.user), read, by=rita, source=ReviewSource.PAGE)
        if not selection.current_period().is_stopped:
            off_switch.stop_serving(by=theo.user, reason="Odd.")

    page = text(administrator.get("/mlops/models/"))

    assert "1 review was made on the page in this serving period" in page
    assert production.readers() == [("rita", Heed(1, 1))]


def test_started_again_it_says_which_version_serves(versions, theo):
    off_switch.stop_serving(by=theo.user, reason="Odd.")
    done = theo.post("/mlops/models/start/", {"reason": "Fine."}, follow=True)
    assert f"{versions[1]} serves again." in text(done)


def test_without_a_reason_nothing_is_stopped(versions, theo):
    done = theo.post("/mlops/models/stop/", {"reason": ""}, follow=True)
    assert "Give a reason" in text(done)
    assert not selection.current_period().is_stopped


def test_who_may_not_is_refused(versions):
    viewer = browser("Viewer")
    for path in ("stop", "start", "fallback"):
        answer = viewer.post(f"/mlops/models/{path}/", {"reason": "x"})
        assert answer.status_code == 403


def test_the_fallback_is_named_and_stands_beside_stopping(versions, theo):
    first = versions[0]
    assert "No fallback is named" in text(theo.get("/mlops/models/"))
    named = by_htmx(theo, f"/mlops/models/{first.pk}/fallback/", reason="Known.")
    assert "It is the fallback" in text(named)
    assert f"Switch to the fallback, v{first.version}" in text(theo.get("/mlops/"))
    done = theo.post("/mlops/models/fallback/", {"reason": "Odd."}, follow=True)
    assert f"{first}, the fallback, serves now" in text(done)
    assert selection.current_period().model_version == first
    cleared = by_htmx(theo, f"/mlops/models/{first.pk}/fallback/clear/", reason="x")
    assert cleared.status_code == 200
    assert fallbacks.fallback() is None


def test_a_drill_is_on_the_ops_console_with_its_date(versions, theo):
    assert "never" in text(theo.get("/ops-console/"))
    theo.post("/mlops/models/stop/", {"reason": "Practice.", "drill": "on"})
    assert "Drill" in text(theo.get("/mlops/models/"))
    off_switch.start_serving(by=theo.user, reason="It worked.")
    assert "by theo" in text(theo.get("/ops-console/"))


def test_a_case_says_why_nothing_was_recommended(versions, theo):
    from training.services.cases.intake import parse_case, post_case

    off_switch.stop_serving(by=theo.user, reason="Odd.")
    content = {"external_id": "S-9", "facts": [{"name": "income", "value": 3}]}
    case, _new = post_case(parse_case(content), by=theo.user)
    page = text(browser("Reviewer").get(f"/mlops/approvals/{case.pk}/"))
    assert "Serving was stopped: people decided." in page
