"""Taking a decision back while nothing has come of it: one key, no reason."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from preciso import clock
from training.choices import (
    CASE_CLOSED,
    CaseStatus,
    DatasetStatus,
    GateStatus,
    ReviewAction,
    ReviewSource,
)
from training.errors import NotAllowedNow
from training.models import AuditEvent, Case, Review, Sample
from training.services.cases.approvals import withdraw_approval
from training.services.policy import policies


def undo_until(case: Case) -> datetime | None:
    """Until when one key takes the newest decision back; None where it cannot.

    A rejection and a sending back have the policy's undo window. An approval has it
    until Auto may learn from it, so there is none where nothing is learnt from it, it
    was imported, or a dataset was sealed with it meanwhile.
    """
    decided_at = _can_be_undone(case)
    if decided_at is None:
        return None
    window = timedelta(minutes=policies.policy().undo_window_minutes)
    settles = decided_at + window
    return settles if settles > clock.database_now() else None


def _can_be_undone(case: Case) -> datetime | None:
    """When it was decided, as far as one key may take that back at all."""
    if case.status in CASE_CLOSED:
        newest = case.reviews.latest("pk")
        return newest.at if newest.status_before else None
    if case.status != CaseStatus.APPROVED:
        return None
    sample = case.samples.select_related("in_from").order_by("-pk").first()
    if sample is None or sample.withdrawn_at or sample.source == ReviewSource.REPLAY:
        return None
    learns = sample.gate_status == GateStatus.CANDIDATE and not is_frozen(sample)
    return sample.created_at if learns else None


def is_frozen(sample: Sample) -> bool:
    """Whether a dataset that collects no more contains it."""
    version = sample.in_from
    return version is not None and version.status != DatasetStatus.OPEN


def undo_decision(case: Case, *, by: User) -> Review:
    """Take back an approval, a rejection or a sending back within its undo window.

    Raises NotAllowedNow once the window has passed: then an approval is withdrawn with
    a reason. Raises StaleState if the case is no more what it was.
    """
    if undo_until(case) is None:
        sentence = _("It is too late to undo %(case)s.")
        if case.status == CaseStatus.APPROVED:
            sentence = _(
                "It is too late to undo %(case)s. Withdraw the approval, and say why."
            )
        raise NotAllowedNow(sentence % {"case": case})
    if case.status == CaseStatus.APPROVED:
        return withdraw_approval(case, by=by, source=ReviewSource.PAGE)
    return _reopen(case, by)


@transaction.atomic
def _reopen(case: Case, by: User) -> Review:
    """The case waits again as it did: for a first or a second reviewer, or for its
    correction."""
    case.take_back(CaseStatus(case.reviews.latest("pk").status_before))
    review = Review.objects.create(
        case=case,
        action=ReviewAction.REOPEN,
        source=ReviewSource.PAGE,
        content_sha256=case.content_sha256,
        by=by,
    )
    AuditEvent.objects.record(
        "case.reopened", actor=by, subject=case, records=[case, review]
    )
    return review
