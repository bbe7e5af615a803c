"""The overview: what waits for whom, and one next step for who is signed in."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from mlops.models import ModelVersion
from mlops.pages.overview.next_step import next_step, waiting
from mlops.pages.shared.audit_labels import ACTIONS
from mlops.serving.selection import select_version
from tests.apis import (
    a_case,
    a_job,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    person,
)
from tests.mlops.people import browser, text
from training.choices import CaseStatus
from training.models import DatasetVersion
from training.services.audit import record_coverage
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

OVERVIEW = "/mlops/"


def button(who):
    step = next_step(who)
    return step.button if step else None


def an_unsure_approval(by):
    case = a_case(by=by)
    approve_case(case, ReviewInput(decision="deny", confidence=0.2), by=by)
    case.refresh_from_db()
    assert case.status == CaseStatus.NEEDS_REVIEW
    return case


def test_nothing_waits_in_an_empty_system():
    for role in ("Viewer", "Reviewer", "Operator", "Admin"):
        assert next_step(person(role)) is None
    assert waiting() == []
    assert "All done" in text(browser("Reviewer").get(OVERVIEW))


def test_a_reviewer_decides_the_oldest_case_of_others():
    rita, uma = person("Reviewer", "rita"), person("Reviewer", "uma")
    unsure = an_unsure_approval(rita)
    newer = a_case(by=uma)

    assert next_step(rita).url == f"/mlops/approvals/{newer.pk}/"
    assert next_step(uma).url == f"/mlops/approvals/{unsure.pk}/"
    assert button(person("Viewer")) is None


def test_what_waits_is_told_for_whom():
    rita = person("Reviewer", "rita")
    for _one in range(2):
        an_unsure_approval(rita)
    a_case(by=rita)
    a_job(status="dead_letter", reason="worker_lost")

    assert [each.sentence for each in waiting()] == [
        "3 cases wait for reviewers",
        "2 cases wait for another reviewer than rita",
        "1 job waits for an operator",
    ]


def test_training_that_is_switched_off_waits_for_an_administrator(settings):
    settings.TRAINING_JOBS_ENABLED = False

    page = text(browser("Viewer").get(OVERVIEW))

    assert "Setup waits for an administrator" in page


def test_an_operator_looks_after_what_ended_badly_first():
    theo = person("Operator")
    a_job(status="dead_letter", reason="worker_lost")

    assert button(theo) == "See what to do"
    assert button(person("Reviewer")) is None


def test_an_operator_with_enough_new_samples_seals_and_trains(settings):
    theo, rita = person("Operator"), person("Reviewer")
    change_policy(by=None, min_new_samples=2)
    an_approved_case(rita)
    assert button(theo) is None
    an_approved_case(rita)

    assert DatasetVersion.objects.open().exists()
    assert button(theo) == "Seal and train"
    assert next_step(theo).sentence == "2 new samples are enough to train."
    assert button(rita) is None
    settings.TRAINING_JOBS_ENABLED = False
    assert button(theo) is None


def measured(version, mine, beside, theirs):
    version.metrics = {"log_loss": mine}
    version.evaluation = {
        "champion": {
            "model_version": {"id": str(beside.pk)},
            "metrics": {"log_loss": theirs},
        }
    }
    version.save()


def test_a_version_better_than_the_serving_one_is_looked_at(two_model_directories):
    theo, rita = person("Operator"), person("Reviewer")
    dataset = a_sealed_version(rita)
    old, new = [
        a_model_version(dataset, files, theo) for files in two_model_directories
    ]
    assert button(theo) == f"Look at v{new.version}"
    select_version(old, by=theo, reason="First.")

    measured(new, 0.6, old, 0.5)
    assert button(theo) is None
    measured(new, 0.4, old, 0.5)
    assert button(theo) == f"Look at v{new.version}"
    assert button(rita) is None
    measured(new, 0.4, new, 0.5)
    assert button(theo) is None
    measured(new, 0.4, old, 0.5)
    ModelVersion.objects.filter(pk=new.pk).update(problem="quarantined")
    assert button(theo) is None


def test_a_running_job_is_watched_when_nothing_else_waits():
    lease = {"slot": "train-1", "lease_expires_at": timezone.now()}
    job = a_job(status="processing", **lease)

    assert next_step(person("Viewer")).url == f"/mlops/jobs/{job.pk}/"
    assert button(person("")) is None


def test_the_step_is_one_button_on_the_page():
    rita = browser("Reviewer", "rita")
    case = a_case(by=rita.user)

    page = text(rita.get(OVERVIEW))

    assert (
        f'<a class="btn" href="/mlops/approvals/{case.pk}/">Decide the next case'
        in page
    )
    assert "1 case waits for reviewers" in page


def test_what_the_trail_writes_for_itself_is_no_news():
    case = a_case()
    call_command("introduce_records")

    page = text(browser("Viewer").get(OVERVIEW))

    assert case.external_id in page
    assert str(ACTIONS[record_coverage.INTRODUCED]) not in page
