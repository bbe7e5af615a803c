"""A page asks the database as often for sixty rows of everything as for three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mlops.models import ModelVersion, ServingPeriod
from mlops.serving.selection import select_version
from tests.apis import a_case, a_job, a_model_version, an_approved_case, person
from tests.mlops.people import PAGES, browser
from training.models import (
    DatasetVersion,
    JobAttempt,
    JobEvent,
    JobLogLine,
    JobMetric,
    WorkerBeat,
)
from training.services.audit.chain import chain_events
from training.services.cases.approvals import reject_case, request_changes
from training.services.datasets import versions
from training.services.people.tokens import create_token
from training.services.policy.policies import change_policy

pytestmark = [pytest.mark.django_db, pytest.mark.long]

FEW, MANY = 3, 60
ENDS = ("failed", "dead_letter", "canceled", "completed", "pending")
MORE_PAGES = {
    "dead letters": "/mlops/jobs/dead-letters/",
    "all cases": "/mlops/approvals/?status=all",
    "failed jobs": "/mlops/jobs/?status=failed",
    "promotions": "/mlops/training/decisions/?about=promotion",
}


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


@pytest.fixture
def theo():
    return person("Operator", "theo")


def decide_cases(rita, theo, count):
    for place in range(count):
        a_case(by=theo)
        reject_case(a_case(by=theo), by=rita)
        request_changes(a_case(by=theo), by=rita)
        reviewer = person("Reviewer") if place else rita
        an_approved_case(reviewer, decision=f"decision {place % 20}")
        create_token(reviewer, by=None)
        WorkerBeat.objects.create(name=f"host:{count}:{place}", host="host", pid=place)


def end_jobs(theo, count):
    for place in range(count):
        for status in ENDS:
            a_job(status=status, created_by=theo, reason="" if place else "timeout")


def serve(directories, theo, count):
    """Datasets with a few samples each, a version of each, every one has served."""
    for place in range(count):
        an_approved_case(person("Reviewer"))
        dataset = DatasetVersion.objects.open().get()
        versions.seal_version(dataset, by=theo)
        dataset.refresh_from_db()
        version = a_model_version(dataset, directories[place % 2], theo)
        select_version(version, by=theo)


def run_long(theo, count):
    """One job with so many lines, tries, moves and figures."""
    version = ModelVersion.objects.latest("pk")
    job = version.run.job
    for place in range(1, count + 1):
        JobLogLine.objects.create(job=job, seq=place, attempt=place, text="line")
        JobAttempt.objects.create(job=job, number=place, worker="w", outcome="failed")
        JobEvent.objects.create(job=job, attempt=place, became="retrying", actor=theo)
        JobMetric.objects.create(job=job, attempt=place, name="loss", value=0.5)
    job.attempt = count
    job.save()


def live_through(directories, rita, theo, count):
    serve(directories, theo, count)
    decide_cases(rita, theo, count)
    end_jobs(theo, count)
    run_long(theo, count)
    chain_events(10 * count)


def addresses():
    version = ModelVersion.objects.latest("pk")
    now_open = DatasetVersion.objects.open().get()
    sealed = DatasetVersion.objects.sealed().latest("number")
    dataset = f"/mlops/training/datasets/{now_open.pk}/"
    learnt = version.run.dataset_version.samples().filter(held_out=False)
    return {
        **PAGES,
        **MORE_PAGES,
        "case": f"/mlops/approvals/{learnt.latest('pk').case_id}/",
        "job": f"/mlops/jobs/{version.run.job_id}/",
        "version": f"/mlops/models/{version.pk}/",
        "open dataset": dataset,
        "sealed dataset": f"/mlops/training/datasets/{sealed.pk}/",
        "samples": f"{dataset}samples/",
        "compare": f"{dataset}compare/?with={sealed.pk}",
    }


def questions(visitor):
    """By page: how many queries it asks, once the sessions' caches are warm."""
    found = {}
    for name, address in addresses().items():
        visitor.get(address)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = visitor.get(address)
        assert answer.status_code == 200, name
        found[name] = len(asked)
    return found


def test_no_page_asks_more_often_where_there_is_more(
    two_model_directories, rita, theo, settings
):
    # A page may ask further once a threshold is passed: here it always is.
    settings.EVAL_SHARE = 1
    change_policy(by=None, min_new_samples=1)
    visitor = browser("Admin")
    live_through(two_model_directories, rita, theo, FEW)
    few = questions(visitor)

    live_through(two_model_directories, rita, theo, MANY)

    assert ServingPeriod.objects.count() > MANY
    assert questions(visitor) == few
