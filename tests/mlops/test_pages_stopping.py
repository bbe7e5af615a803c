"""The off switch on the pages: two clicks away, and unmistakable once pressed."""

import pytest

from mlops.loading import STORE
from mlops.services import fallbacks, serving, stopping
from tests.apis import a_model_version, a_sealed_version, person
from tests.mlops.people import browser, by_htmx, text

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
        serving.select_version(version, by=theo.user)
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


def test_started_again_it_says_which_version_serves(versions, theo):
    stopping.stop_serving(by=theo.user, reason="Odd.")
    done = theo.post("/mlops/models/start/", {"reason": "Fine."}, follow=True)
    assert f"{versions[1]} serves again." in text(done)


def test_without_a_reason_nothing_is_stopped(versions, theo):
    done = theo.post("/mlops/models/stop/", {"reason": ""}, follow=True)
    assert "Give a reason" in text(done)
    assert not serving.current_period().is_stopped


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
    assert serving.current_period().model_version == first
    cleared = by_htmx(theo, f"/mlops/models/{first.pk}/fallback/clear/", reason="x")
    assert cleared.status_code == 200
    assert fallbacks.fallback() is None


def test_a_drill_is_on_the_ops_console_with_its_date(versions, theo):
    assert "never" in text(theo.get("/ops-console/"))
    theo.post("/mlops/models/stop/", {"reason": "Practice.", "drill": "on"})
    assert "Drill" in text(theo.get("/mlops/models/"))
    stopping.start_serving(by=theo.user, reason="It worked.")
    assert "by theo" in text(theo.get("/ops-console/"))


def test_a_case_says_why_nothing_was_recommended(versions, theo):
    from training.services.cases import parse_case, post_case

    stopping.stop_serving(by=theo.user, reason="Odd.")
    content = {"external_id": "S-9", "facts": [{"name": "income", "value": 3}]}
    case, _new = post_case(parse_case(content), by=theo.user)
    page = text(browser("Reviewer").get(f"/mlops/approvals/{case.pk}/"))
    assert "Serving was stopped: people decided." in page
