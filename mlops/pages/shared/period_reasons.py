"""Why a version serves or served, as it is read."""

from mlops.choices import PeriodKind
from mlops.models import ServingPeriod
from mlops.serving.promotion import better_than


def reason_of(period: ServingPeriod) -> str:
    """What a person wrote stays as it is; an automatic promotion tells its figures.

    These are kept with the version. Where they are not, the stored text is shown. The
    period comes ``with_comparison``.
    """
    if period.kind != PeriodKind.AUTO or period.model_version is None:
        return period.reason
    decision = getattr(period, "promotiondecision", None)
    if decision is None or decision.model_version_id != period.model_version_id:
        return period.reason
    try:
        return better_than(decision.champion, period.comparison or {})
    except LookupError:
        return period.reason
