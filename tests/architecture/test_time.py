"""Nothing that orders or proves is stamped by a process's own clock."""

import re
from pathlib import Path

import pytest
from django.db import models

from training.models import AuditEvent, JobAttempt, JobEvent, PipelineJob
from training.records import protected_models

ROOT = Path(__file__).resolve().parents[2]
ITS_OWN_TIME = re.compile(
    r"timezone\.now\b|auto_now|datetime\.now\(|utcnow|\btime\.time\("
)
STAMPED = [AuditEvent, JobAttempt, JobEvent, PipelineJob, *protected_models().values()]
ORDERING = [  # what decides what comes first, counts or serves
    "mlops/models",
    "mlops/predictor_cache.py",
    "mlops/serving",
    "mlops/mirror",
    "mlops/evaluation",
    "mlops/evidence",
    "preciso/password_again.py",
    "training/api/auth.py",
    "training/execution",
    "training/services/cases/approvals.py",
    "training/services/policy/auto_decisions.py",
    "training/services/cases/bulk_approvals.py",
    "training/services/budget/ledger.py",
    "training/services/cases/intake.py",
    "training/services/audit/record_coverage.py",
    "training/services/datasets/versions.py",
    "training/services/runs/job_actions.py",
    "training/services/policy/policies.py",
    "training/services/runs/submissions.py",
    "training/services/policy/batch_schedule.py",
    "training/services/people/tokens.py",
    "training/services/sign_in",
    "training/services/cases/undo.py",
    "training/services/audit/chain.py",
    "training/services/audit/chain_check.py",
    "training/models/attempts.py",
    "training/models/audit.py",
    "training/models/cases.py",
    "training/models/datasets.py",
    "training/models/decisions.py",
    "training/models/jobs.py",
    "training/models/reviews.py",
    "training/models/tokens.py",
]
SHOWN = {"mlops/mirror/delivery.py"}  # of a job without an end, to MLflow


@pytest.mark.parametrize("model", STAMPED, ids=lambda model: model.__name__)
def test_no_time_of_a_record_is_written_by_default_from_the_process(model):
    stamped = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.DateTimeField)
        and (field.has_default() or field.auto_now or field.auto_now_add)
    ]
    # When somebody joined is Django's, and no record.
    assert stamped == [] or model.__name__ == "User"


def test_what_orders_asks_the_database_for_the_time():
    files = [
        file
        for place in ORDERING
        for file in (
            (ROOT / place).rglob("*.py") if "." not in place else [ROOT / place]
        )
    ]
    asking = {
        str(file.relative_to(ROOT))
        for file in files
        if ITS_OWN_TIME.search(file.read_text())
    }
    assert asking - SHOWN == set()
