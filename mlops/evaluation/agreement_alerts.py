"""Whether reviewers agree less with what serves than the policy wants."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mlops.evaluation.agreement import Agreement, of_open_period
from mlops.evaluation.proportions import Share
from mlops.models import ServingPeriod
from training.models import TrainingPolicy
from training.services.policy.policies import policy

ALL, BLIND = "all", "blind"


@dataclass(frozen=True)
class Alert:
    """``share`` of the cases of the open period is below the limit of the policy.

    ``measured``: on ``all`` decided cases, or on those decided ``blind``.
    """

    period: ServingPeriod
    measured: str
    share: Share
    below: float

    @property
    def sentence(self) -> str:
        said = (
            _(
                "Shown without its recommendation, %(agreed)s of %(decided)s cases "
                "were decided as %(version)s had recommended: %(rate)s %%. The limit "
                "is %(below)s %%."
            )
            if self.measured == BLIND
            else _(
                "Reviewers agreed with %(version)s in %(agreed)s of %(decided)s cases: "
                "%(rate)s %%. The limit is %(below)s %%."
            )
        )
        return said % {
            "version": self.period.model_version,
            "agreed": self.share.count,
            "decided": self.share.of,
            "rate": _percent(self.share.value),
            "below": _percent(self.below),
        }


def current_alert() -> Alert | None:
    """None where no limit is set, nothing serves, or too few cases are decided."""
    rules = policy()
    if rules.agreement_alert_below is None:
        return None
    found = of_open_period()
    return alert(rules, *found) if found else None


def alert(
    rules: TrainingPolicy, period: ServingPeriod, found: Agreement
) -> Alert | None:
    """The blind cases speak first: there nobody merely clicked along."""
    below = rules.agreement_alert_below
    if below is None:
        return None
    for measured, share in ((BLIND, found.blind), (ALL, found.all)):
        if (
            share is not None
            and share.of >= rules.agreement_alert_min_cases
            and share.value < below
        ):
            return Alert(period, measured, share, below)
    return None


def _percent(share: float) -> str:
    """Exact enough that what is below a limit is not shown as equal to it."""
    digits = 0 if round(share * 100, 6).is_integer() else 1
    return number_format(round(share * 100, digits), digits)
