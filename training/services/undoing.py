"""Taking an approval back while nothing has learnt from it: one key, no reason."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from training.choices import CaseStatus, DatasetStatus, GateStatus, ReviewSource
from training.errors import NotAllowedNow
from training.models import Case, Review, Sample
from training.services import policies
from training.services.approvals import withdraw_approval


def undo_until(case: Case, sample: Sample | None) -> datetime | None:
    """Until when Auto leaves the approval alone; None once it may learn from it.

    Also None where Auto does not wait for it: nothing is learnt from it, the decision
    was imported, or a dataset was sealed with it meanwhile. ``sample`` is the newest
    one of the case.
    """
    if sample is None or case.status != CaseStatus.APPROVED or sample.withdrawn_at:
        return None
    if (
        sample.gate_status != GateStatus.CANDIDATE
        or sample.source == ReviewSource.REPLAY
        or is_frozen(sample)
    ):
        return None
    window = timedelta(minutes=policies.policy().undo_window_minutes)
    settles = sample.created_at + window
    return settles if settles > timezone.now() else None


def is_frozen(sample: Sample) -> bool:
    """Whether a dataset that collects no more contains it."""
    version = sample.in_from
    return version is not None and version.status != DatasetStatus.OPEN


def undo_approval(case: Case, *, by: User) -> Review:
    """Withdraw an approval within its undo window.

    Raises NotAllowedNow once the window has passed: then a withdrawal says why.
    """
    if undo_until(case, case.samples.order_by("-pk").first()) is None:
        raise NotAllowedNow(
            _("It is too late to undo %(case)s. Withdraw the approval, and say why.")
            % {"case": case}
        )
    return withdraw_approval(case, by=by, source=ReviewSource.PAGE)
