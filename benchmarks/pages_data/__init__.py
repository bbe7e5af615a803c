"""The rows that benchmarks/pages.py looks at: a company after two busy years.

Poured in with the database's own rules taken down, for they would refuse a past that
nobody lived through; they are up again before anything is measured. The scale 1.0 makes
100,000 decided cases with a sample each, 100,000 jobs, 1,000 model versions, 1,000,000
log lines, 300,000 audit events, and 100,000 decisions of Auto and predictions each.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.pages_data.audit_trail import pour_trail
from benchmarks.pages_data.cases import pour_cases
from benchmarks.pages_data.history import Past
from benchmarks.pages_data.trainings import pour_trainings
from mlops.dbrules import MLOPS_RULES
from mlops.models import ModelVersion, ServingPeriod
from training import dbrules
from training.models import (
    AuditEvent,
    AutoDecision,
    Case,
    DatasetVersion,
    PipelineJob,
    Review,
    Sample,
    TrainingRun,
)

RULES = [*dbrules.TRAINING_RULES, *MLOPS_RULES]
WITH_THEIR_KEYS = (Case, Review, Sample, DatasetVersion, PipelineJob, TrainingRun)
AND_THESE = (ModelVersion, ServingPeriod, AutoDecision, AuditEvent)


def fill(scale: float) -> Past:
    """Into a database that has just been migrated."""
    dbrules.take_down(RULES)
    with _unchecked(), transaction.atomic():
        past = Past(scale, timezone.now())
        pour_cases(past)
        pour_trainings(past)
        pour_trail(past)
        _go_on_counting()
    dbrules.put_up(RULES)
    if connection.vendor == "postgresql":  # as its autovacuum does
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return past


@contextmanager
def _unchecked() -> Iterator[None]:
    """Millions of rows whose references nobody looks up; they are right by making."""
    if connection.vendor == "sqlite":
        with connection.constraint_checks_disabled():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def _go_on_counting() -> None:
    """PostgreSQL's next keys come after those that the rows brought along."""
    models = [*WITH_THEIR_KEYS, *AND_THESE]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
