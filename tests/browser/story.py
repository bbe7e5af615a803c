"""What has happened at the company whose Preciso the browser tests look at.

Each act runs inside the installation (``Installation.run``), between trainings that its
worker does.
"""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from mlops.models import ModelVersion
from mlops.serving import freezes, predictions, rehearsals, selection
from training.choices import JobFlow, JobKind, JobStatus, ReviewSource
from training.models import Case, DatasetVersion, PipelineJob
from training.services.cases import approvals, intake
from training.services.cases.approvals import ReviewInput
from training.services.cases.imports import ImportOptions, import_cases
from training.services.people import tokens
from training.services.runs import submissions

DECIDED, REVIEWED, WAITING = 240, 60, 60
AGREED = 20  # of those that wait
PEOPLE = ("Viewer", "Reviewer", "Operator", "Admin")
COLUMNS = {
    "pirat": "payments to income",
    "hirat": "housing cost to income",
    "lvrat": "loan to value",
    "chist": "credit history",
    "mhist": "mortgage history",
    "phist": "public record",
    "unemp": "unemployment in the trade",
    "selfemp": "self-employed",
    "insurance": "insurance refused",
    "condomin": "condominium",
    "hschool": "high school",
}


def first_start(password):
    """Tables, people, and decisions from before there was a Preciso."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    for role in PEOPLE:
        user = User.objects.create_user(role.lower(), password=password)
        user.groups.add(Group.objects.get(name=role))
    User.objects.filter(username="admin").update(is_staff=True)
    _import(0, DECIDED, replay_as=_person("reviewer"))
    return _train()


def first_model():
    """It serves, and reviewers decide new cases beside it."""
    version = ModelVersion.objects.get()
    selection.select_version(version, by=_person("operator"), reason="The first model.")
    rows = _import(DECIDED, REVIEWED)
    for case in Case.objects.waiting():
        _decide(case, rows)
    return _train()


def second_model():
    """Rehearsed, then it serves; new cases wait, and not everything went well."""
    version = ModelVersion.objects.order_by("pk").last()
    operator = _person("operator")
    rehearsals.rehearse(version, by=operator)
    selection.select_version(version, by=operator, reason="It learnt from more.")
    rows = _import(DECIDED + REVIEWED, WAITING)
    for case in Case.objects.waiting().order_by("pk")[:AGREED]:
        _decide(case, rows)
    learnt = version.run.dataset_version.samples().order_by("-pk").first().case
    decided = _reviews(learnt)
    asked = predictions.PredictCase("BOS-phone", learnt.facts)
    answer = predictions.predict([asked], by=operator).answers[0].id
    rehearsals.rehearse(ModelVersion.objects.order_by("pk").first(), by=operator)
    _trouble()
    _papers()
    sealed = DatasetVersion.objects.filter(status="sealed").order_by("pk")
    return {
        **decided,
        "answer": answer,
        "first_model": ModelVersion.objects.order_by("pk").first().pk,
        "model": version.pk,
        "job": version.run.job_id,
        "first_dataset": sealed.first().pk,
        "dataset": sealed.last().pk,
        "operator": operator.pk,
        "role": Group.objects.get(name="Viewer").pk,
    }


def train_patiently():
    """A training that goes on until it is told to (``patient_trainer``)."""
    sealed = DatasetVersion.objects.filter(status="sealed").order_by("pk").last()
    request = submissions.RunRequest(sealed, trainer="command")
    return submissions.submit_run(request, by=_person("operator")).job_id


def _person(name):
    return User.objects.get(username=name)


def _train():
    version = DatasetVersion.objects.open().get()
    return submissions.seal_and_train(version, by=_person("operator")).job_id


def _import(start, count, replay_as=None):
    """Rows of the demo under names people know; what was decided, by case."""
    source = settings.BASE_DIR / "training" / "demo" / "hmda.csv"
    with source.open(newline="") as file:
        rows = list(islice(csv.DictReader(file), start, start + count))
    text = StringIO()
    heads = ["application_id", "deny", "afam", *COLUMNS]
    writer = csv.DictWriter(text, heads, extrasaction="ignore")
    writer.writerow({head: COLUMNS.get(head, head) for head in heads})
    writer.writerows(rows)
    options = ImportOptions(
        id_column="application_id",
        decision_column="deny" if replay_as else "",
        ignore_columns=() if replay_as else ("deny",),
        protected_columns=("afam",),
    )
    stream = BytesIO(text.getvalue().encode())
    report = import_cases(stream, options, by=None, replay_as=replay_as)
    assert not report.refused, report.refused
    return {row["application_id"]: row["deny"] for row in rows}


def _decide(case, rows):
    verdict = ReviewInput(decision=rows[case.external_id], confidence=0.95)
    reviewer, source = _person("reviewer"), ReviewSource.PAGE
    approvals.approve_case(case, verdict, by=reviewer, source=source)


def _reviews(learnt):
    """A case for each thing that a reviewer may have done with it."""
    reviewer, admin = _person("reviewer"), _person("admin")
    waiting = Case.objects.waiting().order_by("-pk")
    shown = [case for case in waiting if case.shows_recommendation]
    unsure, rejected, sent_back, approved = shown[:4]
    approvals.approve_case(unsure, ReviewInput(confidence=0.4), by=reviewer)
    approvals.reject_case(rejected, by=reviewer, reasoning="The applicant withdrew.")
    approvals.request_changes(sent_back, by=admin, reasoning="The income is missing.")
    approvals.approve_case(approved, ReviewInput(confidence=0.97), by=reviewer)
    approvals.withdraw_approval(learnt, by=admin, reasoning="Another applicant's file.")
    intake.record_outcome(approved, outcome="repaid", at=None, by=admin)
    return {
        "waiting": shown[-1].pk,
        "second_opinion": unsure.pk,
        "rejected": rejected.pk,
        "sent_back": sent_back.pk,
        "approved": approved.pk,
        "withdrawn": learnt.pk,
    }


def _trouble():
    """Two jobs that were given up, and one whose data were wrong."""
    ends = [
        (JobStatus.DEAD_LETTER, "worker_lost"),
        (JobStatus.DEAD_LETTER, "worker_lost"),
        (JobStatus.FAILED, "bad_data"),
    ]
    for status, reason in ends:
        PipelineJob.objects.create(
            kind=JobKind.TRAIN,
            flow=JobFlow.BATCH,
            status=status,
            reason=reason,
            attempt=3,
            finished_at=timezone.now(),
            created_by=_person("operator"),
        )


def _papers():
    admin = _person("admin")
    start = timezone.now() + timedelta(days=20)
    freezes.plan_freeze(
        name="Quarter close",
        starts_at=start,
        ends_at=start + timedelta(days=3),
        by=admin,
    )
    operator = _person("operator")
    tokens.create_token(
        operator,
        by=operator,
        name="Loan system",
        scopes=["mlops.predict"],
        days=90,
    )


def password_was_long_ago():
    """As if everybody had typed theirs very long ago."""
    for session in Session.objects.all():
        store = SessionStore(session.session_key)
        store["proved"] = 0
        store.save()
