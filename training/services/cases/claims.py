"""Having a case open: said to the others, and forbidding nothing (ADR 29).

What keeps two decisions apart is ``Case.move``. A claim only keeps two people from
reading the same case for nothing.
"""

from contextlib import suppress
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from training.errors import StaleState
from training.models import AuditEvent, Case, CaseClaim

CLAIM_FOR = timedelta(minutes=3)  # renewed every minute while the page is looked at


def claim_case(case: Case, *, by: User) -> CaseClaim:
    """Have the case open, or learn who has: the claim that holds, whosever it is.

    Of two people at once one gets it. Asking again makes one's own claim last longer.
    Raises StaleState where there is nothing for this person to decide (any more).
    """
    if not Case.objects.decidable_by(by).filter(pk=case.pk).exists():
        raise _decided(case)
    until = Now() + CLAIM_FOR
    known = CaseClaim.objects.filter(case=case)
    if not known.live().filter(by=by).update(until=until):
        lapsed = known.filter(until__lte=Now())
        if not lapsed.update(by=by, since=Now(), until=until):
            # Where somebody else has the case, the insert is refused.
            with suppress(IntegrityError), transaction.atomic():
                CaseClaim.objects.create(case=case, by=by, until=until)
    return _held(case)


def _held(case: Case) -> CaseClaim:
    claim = CaseClaim.objects.filter(case=case).select_related("by").first()
    if claim is None:  # decided, and given back, since the lines above
        raise _decided(case)
    return claim


def _decided(case: Case) -> StaleState:
    sentence = _("Case %(case)s was decided meanwhile; look at it again.")
    return StaleState(sentence % {"case": case})


@transaction.atomic
def take_over(case: Case, *, by: User) -> CaseClaim:
    """Have the case open although somebody else has it; their page says so."""
    before = CaseClaim.objects.of_others(by).filter(case=case).select_related("by")
    had = before.first()
    CaseClaim.objects.update_or_create(
        case=case, defaults={"by": by, "since": Now(), "until": Now() + CLAIM_FOR}
    )
    if had is not None:
        AuditEvent.objects.record(
            "case.taken_over", actor=by, subject=case, user=had.by.username
        )
    return _held(case)


def release_case(case: Case) -> None:
    """Nobody has it open any more: it was decided."""
    CaseClaim.objects.filter(case=case).delete()


def open_with(case: Case, *, reader: User) -> CaseClaim | None:
    """The claim of somebody else on the case."""
    others = CaseClaim.objects.of_others(reader).filter(case=case)
    return others.select_related("by").first()
