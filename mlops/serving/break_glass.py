"""Two people select a version where one may not: one asks, another confirms.

In a freeze, or where the policy wants two people (``four_eyes``).
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.choices import PeriodKind
from mlops.models import BreakGlass, ModelVersion, ServingPeriod
from mlops.serving import four_eyes, freezes, periods, rehearsal_rule, selection
from mlops.serving.model_registry import check_version
from preciso import clock
from preciso.clock import DatabaseNow
from training.errors import NotAllowedNow, StaleState
from training.models import AuditEvent
from training.services.people.actor_checks import asks_password, require_a_person
from training.services.policy.policies import policy
from training.values import stated_reason

IN_FREEZE = "freeze.switch_%s"
BY_RULE = "serving.switch_%s"


@asks_password
@transaction.atomic
def request_switch(version: ModelVersion, *, by: User, reason: str) -> BreakGlass:
    """Ask that a version may be selected though this person alone may not.

    Asking again for the same version returns the request that waits already. Raises
    InvalidInput without a reason, NotAllowedNow where one person is enough, the version
    serves already or was not rehearsed as the policy asks, NotEligible, Forbidden
    unless a person asks.
    """
    require_a_person(by)
    reason = stated_reason(reason, _("Say why this version should serve now."))
    current = selection.lock_current()
    freeze = freezes.freeze_at(clock.database_now())
    if current is not None and current.model_version_id == version.pk:
        raise NotAllowedNow(_("%(version)s serves already.") % {"version": version})
    if freeze is None:
        eyes = four_eyes.eyes_on(version, current, policy())
        if not eyes.why_not_alone(by.pk):
            raise NotAllowedNow(_("Nothing is frozen now; just select the version."))
        rehearsal_rule.require_rehearsal(version)
    selection.require_sound(version)
    outdated = []
    requests = BreakGlass.objects.filter(freeze=freeze, model_version=version)
    for earlier in requests.filter(decided_at=None):
        if earlier.instead_of == current:
            return earlier
        # Another version serves since it was asked: nobody can confirm it any more.
        _decide(earlier, by, "")
        outdated.append(earlier)
    request = BreakGlass.objects.create(
        model_version=version,
        freeze=freeze,
        instead_of=current,
        requested_by=by,
        reason=reason,
    )
    _record("requested", request, by, request.reason, closed=outdated)
    return request


@asks_password
def confirm_switch(request: BreakGlass, *, by: User, answer: str = "") -> ServingPeriod:
    """Select the version, in the names of both.

    Raises Forbidden for the person who asked, for who is no person, and where both had
    a part in the version; StaleState where it was decided or another version serves by
    now; NotAllowedNow where the freeze is over, or one began that nobody asked for;
    NotEligible; InvalidInput for an answer that is too long.
    """
    answer = stated_reason(answer)
    periods.require_right_clock()
    # Files are read before the lock is taken: a switch must not wait for a disk.
    version = check_version(request.model_version)
    with transaction.atomic():
        current = selection.lock_current()
        eyes = four_eyes.eyes_on(version, current, policy())
        four_eyes.require_may_confirm(eyes, by, asked_by=request.requested_by_id)
        require_a_person(by)
        # What is confirmed must be what the first person saw when they asked.
        if request.instead_of_id != (current.pk if current else None):
            raise StaleState(
                _(
                    "Another version serves since this was asked; it has to be asked "
                    "anew."
                )
            )
        if request.freeze is None:
            rehearsal_rule.require_rehearsal(version)
        elif clock.database_now() >= request.freeze.ends_at:
            raise NotAllowedNow(_("The freeze is over; just select the version."))
        _decide(request, by, answer, confirmed=True)
        period = selection.switch_by_two(
            version,
            from_=current,
            by=request.requested_by,
            reason=request.reason,
            kind=PeriodKind.BREAK_GLASS if request.freeze else PeriodKind.TWO_PEOPLE,
        )
        BreakGlass.objects.filter(pk=request.pk).update(period=period)
        request.refresh_from_db(fields=["period"])
        _record("confirmed", request, by, answer)
    return period


@transaction.atomic
def refuse_switch(request: BreakGlass, *, by: User, answer: str = "") -> None:
    """Close a request without a switch; the person who asked may do so too.

    Raises StaleState if it was decided meanwhile, InvalidInput for an answer that is
    too long.
    """
    answer = stated_reason(answer)
    _decide(request, by, answer)
    _record("refused", request, by, answer)


def _decide(
    request: BreakGlass, by: User, answer: str, *, confirmed: bool = False
) -> None:
    """Write the decision, once: of two racing callers the second gets StaleState."""
    undecided = BreakGlass.objects.filter(pk=request.pk, decided_at=None)
    row_count = undecided.update(
        decided_by=by, decided_at=DatabaseNow(), answer=answer, confirmed=confirmed
    )
    if not row_count:
        raise StaleState(_("Somebody has decided this already; look again."))
    request.refresh_from_db(fields=["decided_by", "decided_at", "answer", "confirmed"])


def _record(
    verb: str,
    request: BreakGlass,
    by: User,
    reason: str,
    *,
    closed: Sequence[BreakGlass] = (),
) -> None:
    freeze = request.freeze
    AuditEvent.objects.record(
        (IN_FREEZE if freeze else BY_RULE) % verb,
        actor=by,
        subject=request.model_version,
        records=[request, *closed],
        user=request.requested_by.get_username(),
        reason=reason,
        name=freeze.name if freeze else "",
    )
