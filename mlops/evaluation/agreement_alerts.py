"""Whether reviewers agree less with what serves than the policy wants.

Everything here reads; nothing is written.
"""

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
    """In the open period, ``share`` is below the limit (``below``) of the policy.

    ``measured``: on ``all`` decided cases, or on those decided ``blind``.
    """

    period: ServingPeriod
    measured: str
    share: Share
    below: float

    @property
    def sentence(self) -> str:
        text = (
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
        return text % {
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
    period_agreement = of_open_period()
    return alert(rules, *period_agreement) if period_agreement else None


def alert(
    rules: TrainingPolicy, period: ServingPeriod, agreement: Agreement
) -> Alert | None:
    """The alert of a period, if any. The blind cases come first: in them nobody merely
    accepted what was recommended."""
    below = rules.agreement_alert_below
    if below is None:
        return None
    for measured, share in ((BLIND, agreement.blind), (ALL, agreement.all)):
        if (
            share is not None
            and share.of >= rules.agreement_alert_min_cases
            and share.value < below
        ):
            return Alert(period, measured, share, below)
    return None


def _percent(share: float) -> str:
    """With a decimal where there is one: 79.6 is below a limit of 80, not equal."""
    digits = 0 if round(share * 100, 6).is_integer() else 1
    return number_format(round(share * 100, digits), digits)
