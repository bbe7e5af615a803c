"""From model version to users, as tables."""

from mlops.models import protected as _protected  # noqa: F401
from mlops.models.evaluation import DifferingAnswer
from mlops.models.freezes import BreakGlass, FreezeWindow
from mlops.models.mirror import (
    MirroredExperiment,
    MirroredVersion,
    MirrorLease,
    OutboxEvent,
)
from mlops.models.preferences import Preferences
from mlops.models.promotion import PromotionDecision
from mlops.models.registry import ModelVersion, WithdrawnAcceptance
from mlops.models.rehearsal import Rehearsal
from mlops.models.serving import Prediction, ServingPeriod, ServingState

__all__ = [
    "BreakGlass",
    "DifferingAnswer",
    "FreezeWindow",
    "MirrorLease",
    "MirroredExperiment",
    "MirroredVersion",
    "ModelVersion",
    "OutboxEvent",
    "Prediction",
    "Preferences",
    "PromotionDecision",
    "Rehearsal",
    "ServingPeriod",
    "ServingState",
    "WithdrawnAcceptance",
]
