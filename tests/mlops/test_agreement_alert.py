"""The alert when reviewers agree too little, wherever it is told; and the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.evaluation.agreement_alerts import current_alert
from mlops.health import run_checks
from mlops.models import ModelVersion
from tests.apis import Api, person
from tests.mlops.people import browser, text
from tests.mlops.production import decided, recommended, serve, some_versions
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


@pytest.fixture
def version():
    """What serves, and before it another."""
    before, found = some_versions(2)
    serve(before, timezone.now() - timedelta(days=2))
    serve(found, timezone.now() - timedelta(days=1))
    return found


def limit(below, cases=4):
    change_policy(by=None, agreement_alert_below=below, agreement_alert_min_cases=cases)


def decide(version, rita, *decisions, **columns):
    """The model recommends to approve; an empty decision agrees."""
    for decision in decisions:
        decided(recommended(version, timezone.now(), **columns), rita, decision)


def check():
    return next(check for check in run_checks() if check.key == "agreement")


def test_without_a_limit_there_is_no_alert(version, rita):
    decide(version, rita, *["deny"] * 60)

    assert current_alert() is None
    assert check().ok


def test_nothing_serves_so_nothing_is_too_low():
    limit(1.0)

    assert current_alert() is None
    assert check().ok


def test_the_alert_comes_below_the_limit_and_not_at_it(version, rita):
    decide(version, rita, "", "", "", "deny")

    limit(0.75)
    assert current_alert() is None

    limit(0.7501)
    found = current_alert()
    assert (found.measured, found.share.count, found.share.of) == ("all", 3, 4)


def test_the_alert_waits_for_as_many_cases_as_the_policy_says(version, rita):
    limit(0.9, cases=4)
    decide(version, rita, "deny", "deny", "deny")
    assert current_alert() is None

    decide(version, rita, "deny")

    assert current_alert().share.of == 4


def test_the_blind_decisions_speak_first_once_there_are_enough(version, rita):
    limit(0.9, cases=4)
    decide(version, rita, *["deny"] * 3, blind=True)
    decide(version, rita, "deny")
    assert current_alert().measured == "all"

    decide(version, rita, "deny", blind=True)
    decide(version, rita, *[""] * 60)

    found = current_alert()
    assert (found.measured, found.share.count, found.share.of) == ("blind", 0, 4)
    assert "Shown without its recommendation, 0 of 4 cases" in found.sentence


def test_a_version_that_took_over_starts_with_a_clean_sheet(version, rita):
    limit(0.9)
    decide(version, rita, *["deny"] * 4)

    serve(ModelVersion.objects.get(version=1), timezone.now())

    assert current_alert() is None


def test_the_alert_is_a_recommended_check_with_a_way_back(version, rita):
    limit(0.9)
    decide(version, rita, "", *["deny"] * 3)
    theo = browser("Operator")

    status = Api(theo.user).get("status").json()
    told = next(each for each in status["checks"] if each["key"] == "agreement")
    console = text(theo.get("/ops-console/"))

    said = "Reviewers agreed with loans v2 in 1 of 4 cases: 25 %. The limit is 90 %."
    assert (told["ok"], told["severity"], told["message"]) == (False, "warning", said)
    assert status["ok"] or told["severity"] != "blocker"
    assert said in console
    assert "Roll back to v1" in console.split(said)[1].split("</li>")[0]


def test_who_may_not_roll_back_sees_the_alert_without_the_button(version, rita):
    limit(0.9)
    decide(version, rita, *["deny"] * 4)

    console = text(browser("Viewer").get("/ops-console/"))

    assert "The limit is 90 %." in console
    assert "Roll back to" not in console


@pytest.mark.parametrize("page", ["/mlops/", "/mlops/models/"])
def test_the_alert_stands_above_the_rollback(version, rita, page):
    limit(0.9)
    decide(version, rita, *["deny"] * 4)

    shown = text(browser("Operator").get(page))

    assert "one click puts loans v1 back." in shown
    assert shown.index("The limit is 90 %.") < shown.index("Roll back to v1")


def test_with_people_in_agreement_no_page_shows_an_alert(version, rita):
    limit(0.9)
    decide(version, rita, *[""] * 4)
    theo = browser("Operator")

    for page in ("/mlops/", "/mlops/models/", "/ops-console/"):
        assert "The limit is" not in text(theo.get(page)), page


def test_the_api_tells_periods_alert_and_drift(version, rita):
    limit(0.9)
    decide(version, rita, "", *["deny"] * 3)
    decide(version, rita, "", blind=False)

    told = Api(rita).get("serving/agreement").json()

    now, before = told["periods"]
    assert now["model_version"] == {
        "id": str(version.pk),
        "name": "loans",
        "version": 2,
    }
    assert (now["decided"], now["agreed"], now["rate"]) == (5, 2, 0.4)
    assert now["low"] < 0.4 < now["high"]
    assert (now["commonest_rate"], now["blind"]["decided"]) == (0.6, 0)
    assert (before["decided"], before["rate"]) == (0, None)
    assert told["alert"]["period"] == now["period"]
    assert (told["alert"]["measured"], told["alert"]["below"]) == ("all", 0.9)
    assert told["drift"] is None  # made before the bins were kept


def test_the_api_answers_before_anything_serves_and_refuses_a_wrong_limit(rita):
    caller = Api(rita)

    assert caller.get("serving/agreement").json()["periods"] == []
    for wrong in ("0", "501", "many", "9" * 5000):
        assert caller.get("serving/agreement", limit=wrong).status_code == 400, wrong


def test_the_limit_is_set_on_the_settings_page_in_percent():
    ada = browser("Admin")
    typed = {
        "blind_share": "10",
        "agreement_alert_below": "72.5",
        "short_review_seconds": "10",
    }

    ada.post(
        "/settings/rules/in-production/save/",
        {**typed, "agreement_alert_min_cases": "30"},
    )
    stated = Api(ada.user).get("training/auto").json()
    Api(ada.user).post("training/auto", {"clear": ["agreement_alert_below"]})
    cleared = Api(ada.user).get("training/auto").json()

    assert (stated["blind_share"], stated["agreement_alert_min_cases"]) == (0.1, 30)
    assert stated["agreement_alert_below"] == 0.725
    assert cleared["agreement_alert_below"] is None
