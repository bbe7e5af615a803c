"""The budget over HTTP."""

from decimal import Decimal

import pytest

from tests.apis import a_sealed_version, an_approved_case, api, person
from training.models import BudgetEntry, DatasetVersion, TrainingPolicy

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(db):
    return a_sealed_version(person("Reviewer", "rita"))


def train(caller, version, **wish):
    return caller.post("training/run", {"dataset_version_id": str(version.pk), **wish})


def test_the_budget_says_limits_use_and_entries(sealed, settings):
    settings.BUDGET_CURRENCY = "KRW"
    TrainingPolicy.objects.update(
        budget_minutes_per_day=41, price_per_minute=Decimal("108.5")
    )
    job = train(api("Operator"), sealed).json()["job_id"]

    told = api("Viewer").get("training/budget").json()

    assert (told["currency"], told["price_per_minute"]) == ("KRW", "108.5000")
    assert (told["day"]["limit"], told["day"]["used"], told["day"]["left"]) == (
        41,
        10,
        31,
    )
    assert told["day"]["until"].endswith("T00:00:00.000000Z")
    assert (told["month"]["limit"], told["month"]["left"]) == (None, None)
    (entry,) = told["entries"]
    day = BudgetEntry.objects.get().charged_on.isoformat()
    assert entry == {
        "job_id": job,
        "charged_on": day,
        "reserved_minutes": 10,
        "minutes": 10,
        "cost": "1085.0000",
        "settled_at": None,
    }


def test_an_estimate_without_a_limit_names_none(sealed):
    told = api("Viewer").get("training/estimate", dataset_version_id=sealed.pk).json()

    assert told == {
        "low_minutes": 1,
        "high_minutes": 10,
        "based_on": 0,
        "cost_low": "0.0000",
        "cost_high": "0.0000",
        "left_today": None,
        "left_month": None,
        "allowed": True,
        "sentence": "about 1 to 10 minutes",
    }


def test_an_estimate_is_of_the_open_version_and_writes_nothing(sealed):
    an_approved_case(person("Reviewer"))
    TrainingPolicy.objects.update(budget_minutes_per_month=41)

    told = api("Viewer").get("training/estimate").json()

    assert (told["left_month"], told["allowed"]) == (41, True)
    assert told["sentence"] == "about 1 to 10 minutes, 41 left this month"
    assert not BudgetEntry.objects.exists()


def test_before_the_first_case_there_is_an_estimate_too():
    DatasetVersion.objects.all().delete()
    assert api("Viewer").get("training/estimate").json()["high_minutes"] == 10


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"trainer": "magic"}, 400),
        ({"scope": "half"}, 400),
        ({"dataset_version_id": "999"}, 404),
        ({"dataset_version_id": "x"}, 404),
    ],
)
def test_an_estimate_of_what_there_is_not_is_refused(query, status):
    assert api("Viewer").get("training/estimate", **query).status_code == status


def test_a_submission_beyond_the_budget_is_refused_with_the_sentence(sealed):
    TrainingPolicy.objects.update(budget_minutes_per_day=12)
    caller = api("Operator")
    train(caller, sealed)

    refused = train(caller, sealed, notes="another")

    said = caller.get("training/estimate", dataset_version_id=sealed.pk).json()
    assert refused.status_code == 409
    assert refused.json()["code"] == "budget_exceeded"
    assert refused.json()["detail"] == said["sentence"]
    assert not said["allowed"]
