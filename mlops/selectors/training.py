"""Auto, Batch and the runs, as the training page shows them."""

from typing import Any

from django.conf import settings

from mlops.models import ModelVersion
from mlops.selectors.cases import rule_lines
from training.models import AutoDecision, DatasetVersion, TrainingRun
from training.services import auto, datasets

RUNS, VERSIONS = 10, 8


def auto_card() -> dict[str, Any]:
    """Whether Auto is on, who says so, and which rules hold it back now."""
    policy = auto.policy()
    return {
        "policy": policy,
        "enabled": auto.is_enabled(policy),
        "switched_by": auto.switched_by(policy),
        "training_enabled": bool(settings.TRAINING_JOBS_ENABLED),
        "rules": rule_lines(auto.judge(policy)),
        "last_decision": AutoDecision.objects.select_related("job", "case")
        .order_by("-pk")
        .first(),
    }


def batch_card() -> dict[str, Any]:
    """What has accumulated since the last seal."""
    version = DatasetVersion.objects.open().first()
    counts = datasets.counts(version) if version else None
    return {
        "open_version": version,
        "counts": counts,
        "can_seal": bool(counts and counts["samples"]),
    }


def last_run() -> TrainingRun | None:
    return TrainingRun.objects.for_table().first()


def runs() -> list[tuple[TrainingRun, ModelVersion | None]]:
    """The newest runs, each with the model version it made."""
    rows = list(TrainingRun.objects.for_table()[:RUNS])
    made = ModelVersion.objects.in_bulk(
        [row.model_version_id for row in rows if row.model_version_id]
    )
    return [(row, made.get(row.model_version_id or 0)) for row in rows]


def sealed_versions() -> list[DatasetVersion]:
    """Newest first; the one still being sealed is among them."""
    frozen = DatasetVersion.objects.exclude(frozen_at=None)
    return list(frozen.for_table()[:VERSIONS])
