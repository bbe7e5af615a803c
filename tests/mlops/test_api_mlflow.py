"""MLflow over HTTP: answered from our own tables, whether MLflow runs or not."""

import pytest

from mlops.models import ServingPeriod
from tests.apis import a_model_version, a_sealed_version, api, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db):
    return person("Operator", "olga")


@pytest.fixture
def versions(settings, operator, two_model_directories):
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"
    dataset = a_sealed_version(operator)
    return [a_model_version(dataset, each, operator) for each in two_model_directories]


def test_promoting_to_production_selects_that_version(versions):
    caller, second = api("Operator"), versions[1]

    answer = caller.post(
        "mlflow/models/loans/promote",
        {"version": second.version, "stage": "Production"},
    )

    assert answer.status_code == 200
    assert answer.json()["model_version"]["id"] == str(second.pk)
    assert ServingPeriod.objects.get().model_version == second


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version": "1", "stage": "Staging"}, 400),
        ({"version": "1"}, 400),
        ({"version": "99", "stage": "Production"}, 404),
        ({"version": "one", "stage": "Production"}, 404),
    ],
)
def test_other_promotions_are_refused_with_a_sentence(versions, body, status):
    answer = api("Operator").post("mlflow/models/loans/promote", body)

    assert answer.status_code == status
    assert answer.json()["detail"]
    assert ServingPeriod.objects.count() == 0


def test_a_reader_may_not_promote(versions):
    body = {"version": "1", "stage": "Production"}

    assert api("Viewer").post("mlflow/models/loans/promote", body).status_code == 403


def test_the_status_never_shows_a_password(settings, db):
    settings.MLFLOW_TRACKING_URI = "https://mlops:secret@mlflow.example:5000"

    status = api("Viewer").get("mlflow/status").json()

    assert status["store"] == "https://mlflow.example:5000"


def test_tags_that_are_ours_cannot_be_claimed(settings):
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"

    answer = api("Operator").post(
        "mlflow/runs/start", {"tags": {"preciso.job_id": "1"}}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_run_that_nobody_started_is_not_found():
    assert api("Viewer").get("mlflow/runs/1").status_code == 404
    assert api("Viewer").get("mlflow/runs/start").status_code == 405
