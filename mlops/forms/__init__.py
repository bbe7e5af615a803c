"""What people type. Forms read and check; services decide."""

from mlops.forms.acts import FreezeForm, OutcomeForm, ReasonForm, ReviewForm, TokenForm
from mlops.forms.filters import (
    DecisionFilter,
    JobListFilter,
    LogFilter,
    ServiceLogFilter,
)
from mlops.forms.policy import PolicyForm, SimulationForm
from mlops.forms.schedule import ScheduleForm

__all__ = [
    "DecisionFilter",
    "FreezeForm",
    "JobListFilter",
    "LogFilter",
    "OutcomeForm",
    "PolicyForm",
    "ReasonForm",
    "ReviewForm",
    "ScheduleForm",
    "ServiceLogFilter",
    "SimulationForm",
    "TokenForm",
]
