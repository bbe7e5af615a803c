"""What people type. Forms read and check; services decide."""

from mlops.forms.acts import (
    FreezeForm,
    OutcomeForm,
    PutRightForm,
    ReasonForm,
    ReviewForm,
)
from mlops.forms.filters import (
    AccessLogFilter,
    case_filter_fields,
    decision_filter_fields,
    event_filter_fields,
    job_filter_fields,
)
from mlops.forms.people import (
    NewPersonForm,
    OwnPasswordForm,
    ProfileForm,
    RolesForm,
)
from mlops.forms.policy import PolicyForm, SimulationForm
from mlops.forms.rules import RULE_GROUPS, RuleGroup, RuleGroupForm
from mlops.forms.schedule import ScheduleForm
from mlops.forms.tokens import AccountForm, TokenForm

__all__ = [
    "RULE_GROUPS",
    "AccessLogFilter",
    "AccountForm",
    "FreezeForm",
    "NewPersonForm",
    "OutcomeForm",
    "OwnPasswordForm",
    "PolicyForm",
    "ProfileForm",
    "PutRightForm",
    "ReasonForm",
    "ReviewForm",
    "RolesForm",
    "RuleGroup",
    "RuleGroupForm",
    "ScheduleForm",
    "SimulationForm",
    "TokenForm",
    "case_filter_fields",
    "decision_filter_fields",
    "event_filter_fields",
    "job_filter_fields",
]
