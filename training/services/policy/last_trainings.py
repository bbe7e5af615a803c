"""What was trained so far, as Auto and the schedule ask for it.

Reads only; writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value

from preciso.request_cache import read_once
from training.choices import JobFlow
from training.models import DatasetVersion, PipelineJob, TrainingPolicy, TrainingRun
from training.services.policy.auto_rules import at_hour, company_day


@dataclass(frozen=True)
class TrainingHistory:
    """What was trained so far: up to which dataset version, when last, how often."""

    number: int
    last_at: datetime | None
    by_auto_today: int


def training_history(now: datetime) -> TrainingHistory:
    """A training that was skipped because the switch was off does not count."""
    return _trained(at_hour(company_day(now)))


@read_once
def _trained(midnight: datetime) -> TrainingHistory:
    number, last_at, by_auto_today = _trained_since(midnight).get()
    return TrainingHistory(number or 0, last_at, by_auto_today or 0)


@lru_cache(2)
def _trained_since(midnight: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    """Three questions, each answered by the end of an index, on the way to one row.

    An approval waits for this, however many trainings there were; and putting the query
    together takes longer than the database needs for it, so a day's is kept.
    """
    runs = TrainingRun.objects.trained_something()
    trainings = PipelineJob.objects.filter(Exists(runs.filter(job=OuterRef("pk"))))
    versions = DatasetVersion.objects.filter(
        Exists(runs.filter(dataset_version=OuterRef("pk")))
    )
    return TrainingPolicy.objects.values_list(
        Subquery(versions.order_by("-number").values("number")[:1]),
        Subquery(trainings.order_by("-created_at").values("created_at")[:1]),
        _count_of(trainings.filter(flow=JobFlow.AUTO, created_at__gte=midnight)),
    )


def _count_of(rows: QuerySet[Any]) -> Subquery:
    ones = rows.order_by().annotate(one=Value(1)).values("one")
    return Subquery(ones.annotate(n=Count("*")).values("n"))
