"""Two people select a version though a freeze forbids it: one asks, one confirms."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.models import BreakGlass, ModelVersion, ServingPeriod
from mlops.services import freezes, serving
from mlops.services.registry import check_version
from training.errors import Forbidden, InvalidInput, NotAllowedNow, StaleState
from training.models import AuditEvent
from training.services.acting import require_a_person


@transaction.atomic
def request_switch(version: ModelVersion, *, by: User, reason: str) -> BreakGlass:
    """Ask that a version may be selected in the freeze that runs now.

    Asking again for the same version gives the request that waits already. Raises
    InvalidInput without a reason, NotAllowedNow where nothing is frozen or the version
    serves already, NotEligible, Forbidden unless a person asks.
    """
    require_a_person(by)
    if not reason.strip():
        raise InvalidInput(_("Say why this cannot wait until the freeze is over."))
    current = serving.lock_current()
    freeze = freezes.freeze_at(timezone.now())
    if freeze is None:
        raise NotAllowedNow(_("Nothing is frozen now; just select the version."))
    if current is not None and current.model_version_id == version.pk:
        raise NotAllowedNow(_("%(version)s serves already.") % {"version": version})
    serving.require_sound(version)
    closed = []
    for waiting in freeze.requests.filter(model_version=version, decided_at=None):
        if waiting.instead_of == current:
            return waiting
        _decide(waiting, by, "")  # nobody can confirm it any more
        closed.append(waiting)
    request = BreakGlass.objects.create(
        model_version=version,
        freeze=freeze,
        instead_of=current,
        requested_by=by,
        reason=reason.strip(),
    )
    _record("freeze.switch_requested", request, by, request.reason, closed=closed)
    return request


def confirm_switch(request: BreakGlass, *, by: User, answer: str = "") -> ServingPeriod:
    """Select the version, in the names of both.

    Raises Forbidden for the person who asked and for who is no person, StaleState where
    it was decided or another version serves by now, NotAllowedNow where the freeze is
    over, NotEligible.
    """
    if request.requested_by_id == by.pk:
        raise Forbidden(
            _("You asked for this yourself; another person must confirm it."),
            code="second_person_needed",
        )
    require_a_person(by)
    checked = check_version(request.model_version)
    with transaction.atomic():
        current = serving.lock_current()
        _require_as_asked(request, current)
        period = serving.switch_in_freeze(
            checked, from_=current, by=request.requested_by, reason=request.reason
        )
        _decide(request, by, answer, period=period)
        _record("freeze.switch_confirmed", request, by, answer)
    return period


@transaction.atomic
def refuse_switch(request: BreakGlass, *, by: User, answer: str = "") -> None:
    """Close a request; the person who asked may do so too. Raises StaleState."""
    _decide(request, by, answer)
    _record("freeze.switch_refused", request, by, answer)


def _require_as_asked(request: BreakGlass, current: ServingPeriod | None) -> None:
    """Confirmed is what the person who asked had seen, in the freeze they meant."""
    if request.instead_of_id != (current.pk if current else None):
        raise StaleState(
            _("Another version serves since this was asked; it has to be asked anew.")
        )
    if timezone.now() >= request.freeze.ends_at:
        raise NotAllowedNow(_("The freeze is over; just select the version."))


def _decide(
    request: BreakGlass, by: User, answer: str, *, period: ServingPeriod | None = None
) -> None:
    undecided = BreakGlass.objects.filter(pk=request.pk, decided_at=None)
    decided = undecided.update(
        decided_by=by, decided_at=timezone.now(), answer=answer, period=period
    )
    if not decided:
        raise StaleState(_("Somebody has decided this already; look again."))
    request.refresh_from_db(fields=["decided_by", "decided_at", "answer", "period"])


def _record(
    action: str,
    request: BreakGlass,
    by: User,
    reason: str,
    *,
    closed: Sequence[BreakGlass] = (),
) -> None:
    AuditEvent.objects.record(
        action,
        actor=by,
        subject=request.model_version,
        records=[request, *closed],
        name=request.freeze.name,
        user=request.requested_by.get_username(),
        reason=reason,
    )
