"""The tables whose rows audit events prove, each with the columns that are its record.

What is left out may change without an event, or follows from what is in.
"""
# fmt: off

from mlops.models.freezes import BreakGlass, FreezeWindow
from mlops.models.promotion import PromotionDecision
from mlops.models.registry import ModelVersion, WithdrawnAcceptance
from mlops.models.rehearsal import Rehearsal
from mlops.models.serving import Prediction, ServingPeriod, ServingState
from training.records import RecordForm, protect

# When its files were looked at, and what exactly was wrong, is no record.
protect(ModelVersion, RecordForm(
    open=(
        "name", "version", "run_id", "flavor", "sha256", "metrics", "problem",
        "created_at",
    ),
    private=("evaluation",),
))

protect(WithdrawnAcceptance, RecordForm(
    open=("model_version_id", "samples", "by_id", "at"), private=("reason",),
    final=True,
))

protect(ServingPeriod, RecordForm(
    open=(
        "model_version_id", "since", "until", "by_id", "kind", "follows_id",
        "below_id", "rehearsal_id", "drill",
    ),
    private=("reason",),
    left_out={"drill": False},
))

protect(ServingState, RecordForm(
    open=(
        "hold_since", "hold_by_id", "fallback_id", "fallback_by_id", "fallback_at",
    ),
    private=("hold_reason",),
))

protect(Prediction, RecordForm(
    open=(
        "external_id", "model_version_id", "decision", "confidence",
        "facts_sha256", "at", "by_id",
    ),
    private=("rationale", "explanation", "salt"),
    final=True, covered=True,
))

protect(PromotionDecision, RecordForm(
    open=(
        "at", "model_version_id", "champion_id", "promoted", "rules", "period_id",
    ),
    final=True,
))

protect(FreezeWindow, RecordForm(
    open=(
        "name", "starts_at", "ends_at", "created_by_id", "created_at",
        "canceled_by_id", "canceled_at",
    ),
))

protect(BreakGlass, RecordForm(
    open=(
        "model_version_id", "freeze_id", "instead_of_id", "requested_by_id",
        "requested_at", "decided_by_id", "decided_at", "confirmed", "period_id",
    ),
    private=("reason", "answer"),
    left_out={"confirmed": False},
))

protect(Rehearsal, RecordForm(
    open=(
        "model_version_id", "period_id", "serving_id", "cases", "imported",
        "learnt", "changed", "away", "towards", "by_id", "at",
    ),
    private=("rows",),
    final=True,
))
