"""The tables whose rows audit events prove, each with the columns that are its record.

What is left out may change without an event, or follows from what is in. Where a value
can be guessed, ``salt`` is among the private columns: see ``salts``.
"""
# fmt: off

from django.contrib.auth.models import Group, User

from training.models.cases import Case
from training.models.datasets import DatasetVersion, Sample
from training.models.decisions import AutoDecision
from training.models.loosening import Loosening
from training.models.policy import TrainingPolicy
from training.models.reviews import CaseOutcome, Review
from training.models.runs import TrainingRun
from training.models.sample_places import SamplePlace
from training.models.tokens import ApiToken
from training.records import RecordForm, protect

protect(Case, RecordForm(
    open=(
        "external_id", "content_sha256", "facts_sha256", "recommended_decision",
        "recommended_confidence", "recommender_id", "no_advice", "blind", "status",
        "decision", "judged", "created_at", "created_by_id",
    ),
    private=(
        "title", "facts", "protected", "evidence", "recommended_rationale",
        "recommended_explanation", "recommender", "salt",
    ),
))

protect(Review, RecordForm(
    open=(
        "case_id", "action", "decision", "confidence", "source", "blind",
        "status_before", "content_sha256", "asks_second", "by_id", "at",
    ),
    # How it was read is told by person to few.
    private=("rationale", "reasoning", "active_seconds", "reading", "salt"),
    left_out={"asks_second": False},
    final=True,
))

protect(CaseOutcome, RecordForm(
    open=("case_id", "outcome", "at", "recorded_at", "recorded_by_id"),
    final=True,
))

# Where it stands among the versions is a record of its own: SamplePlace.
protect(Sample, RecordForm(
    open=(
        "case_id", "review_id", "decision", "facts_sha256", "held_out", "source",
        "reviewer_id", "gate_status", "created_at", "withdrawn_at",
    ),
    private=("instruction", "input", "output", "facts", "gate_checks", "salt"),
))

protect(SamplePlace, RecordForm(open=("in_from_id", "in_until_id")))

protect(DatasetVersion, RecordForm(
    open=(
        "number", "name", "status", "created_at", "frozen_at", "sealed_at",
        "sealed_by_id", "sample_count", "sha256", "export_name", "counts",
    ),
))

# What the apps above note on it stays out: the model version names its run.
protect(TrainingRun, RecordForm(
    open=(
        "job_id", "dataset_version_id", "model_name", "trainer", "scope",
        "training_args", "local_model_path", "metrics", "artifact_prefix",
        "artifacts", "artifact_sha256",
    ),
    private=("notes", "report"),
))

protect(AutoDecision, RecordForm(
    open=("at", "trigger", "due_at", "submitted", "rules", "case_id", "job_id"),
    final=True, covered=True,
))

# When it was last used is no event.
protect(ApiToken, RecordForm(
    open=(
        "user_id", "name", "prefix", "scopes", "created_at", "expires_at",
        "revoked_at",
    ),
    private=("sha256",),
))

# What somebody may do. Names, passwords and when they last came in are no rights; a
# password has its own events.
protect(User, RecordForm(
    open=("username", "is_active", "is_staff", "is_superuser"),
    lists={
        "groups": ("pk",),
        "user_permissions": ("content_type__app_label", "codename"),
    },
))

protect(Group, RecordForm(
    open=("name",),
    lists={"permissions": ("content_type__app_label", "codename")},
))

# A column that comes later leaves the hash of a policy that does not use it as it is.
_SET_BY_PEOPLE = [
    column
    for column in TrainingPolicy._meta.concrete_fields
    if column.name not in ("id", "updated_at")
]
protect(TrainingPolicy, RecordForm(
    open=tuple(column.attname for column in _SET_BY_PEOPLE),
    left_out={column.attname: column.get_default() for column in _SET_BY_PEOPLE},
))

protect(Loosening, RecordForm(
    open=(
        "rule", "share_from", "share_to", "asked_by_id", "asked_at", "status",
        "decided_by_id", "decided_at", "applied_at",
    ),
    private=("reason", "answer"),
))
