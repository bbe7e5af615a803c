"""Which version serves: select, roll back, hold. One open period, no gap."""

from django.db import transaction
from django.utils.translation import gettext as _

from mlops.choices import PeriodKind
from mlops.models import ModelVersion, ServingPeriod, ServingState
from mlops.serving import four_eyes, preconditions, withdrawals
from mlops.serving.model_registry import check_version
from mlops.serving.periods import (
    Opening,
    base_of,
    lock,
    open_period,
    require_right_clock,
    rollback_target,
)
from preciso.clock import DatabaseNow
from preciso.request_cache import read_once
from training.errors import DomainError, NotAllowedNow, StaleState
from training.models import AuditEvent
from training.models.audit import Actor
from training.services.policy.policies import policy
from training.values import stated_reason

SELECTED = {
    PeriodKind.SELECT: "serving.selected",
    PeriodKind.AUTO: "serving.taken_over",
    PeriodKind.BREAK_GLASS: "serving.selected_in_freeze",
    PeriodKind.TWO_PEOPLE: "serving.selected_by_two",
}


class NotEligible(DomainError):
    """The version may not serve; the sentence says why."""

    code = "not_eligible"


@read_once
def current_period() -> ServingPeriod | None:
    """The open period, with its version; in a stopped one there is none."""
    together = ServingPeriod.objects.select_related(
        "model_version",
        "by",
        "below__model_version",
        "below__below__model_version",
        "promotiondecision__champion",
    ).defer("promotiondecision__champion__evaluation")
    return together.open().first()


@read_once
def state() -> ServingState:
    return ServingState.objects.select_related("hold_by", "fallback").get()


def is_on_hold() -> bool:
    """Fills training's port: a rollback holds automatic promotion, and its trainings.

    Until a person lifts it.
    """
    return ServingState.objects.filter(hold_since__isnull=False).exists()


def select_version(
    version: ModelVersion,
    *,
    by: Actor,
    reason: str = "",
    expected_current: str | None = None,
) -> tuple[ServingPeriod, bool]:
    """Let a version serve from now on; returns the open period and whether it changed.

    Selecting what already serves changes nothing. Where the version learnt from samples
    that were withdrawn since, a reason is needed, and kept as the acceptance. Raises
    NotEligible, Frozen in a freeze window, NotAllowedNow where the policy asks for a
    second person or a rehearsal first, InvalidInput for a reason that is too long, or
    StaleState where ``expected_current`` (a model version's id) is not what serves.
    """
    reason = stated_reason(reason)
    require_right_clock()
    # Files are read before the lock is taken: a switch must not wait for a disk.
    checked = check_version(version)
    with transaction.atomic():
        current = lock(expected_current)
        if current and current.model_version_id == version.pk:
            return current, False
        eyes = four_eyes.eyes_on(version, current, policy())
        four_eyes.require_one_is_enough(eyes, version, by)
        preconditions.require_rehearsed(version)
        _accept_with_reason(checked, by, reason)
        period = _put_on_top(current, checked, by, reason, PeriodKind.SELECT)
    return period, True


def lock_current() -> ServingPeriod | None:
    """What serves, and goes on serving until the caller's transaction ends."""
    return lock(None)


def take_over(
    version: ModelVersion, *, from_: ServingPeriod, reason: str
) -> ServingPeriod:
    """The system lets a checked version serve. The caller holds ``lock_current``.

    Raises NotEligible.
    """
    return _put_on_top(from_, version, None, reason, PeriodKind.AUTO)


def switch_by_two(
    version: ModelVersion,
    *,
    from_: ServingPeriod | None,
    by: Actor,
    reason: str,
    kind: PeriodKind,
) -> ServingPeriod:
    """A checked version serves where one person may not select it: two said so.

    The caller holds ``lock_current`` and knows both. Raises NotEligible, and Frozen
    for what was not asked for as break-glass.
    """
    _accept_with_reason(version, by, reason)
    return _put_on_top(from_, version, by, reason, kind)


def _accept_with_reason(version: ModelVersion, by: Actor, reason: str) -> None:
    """Who gives a reason lets it serve though samples it learnt from were withdrawn."""
    version.forget_withdrawn()
    if version.withdrawn and reason.strip():
        withdrawals.accept_withdrawn(version, by=by, reason=reason)


def _put_on_top(
    current: ServingPeriod | None,
    version: ModelVersion,
    by: Actor,
    reason: str,
    kind: PeriodKind,
) -> ServingPeriod:
    _require_eligible(version)
    below = base_of(current, version)
    period = open_period(current, Opening(version, kind, by, reason, below=below))
    AuditEvent.objects.record(
        SELECTED[kind],
        actor=by,
        subject=version,
        records=period.switched(),
        period=period.pk,
        before=name_of(current),
        reason=reason,
    )
    return period


def roll_back(
    *, by: Actor, reason: str = "", expected_current: str | None = None
) -> ServingPeriod:
    """Let the version serve that served before, and hold automatic promotion.

    Walks back the stack of selects. No freeze and no withdrawn sample stops it: going
    back is for emergencies. Raises NotAllowedNow where nothing served before,
    NotEligible where that version cannot answer, InvalidInput, StaleState as
    ``select_version``.
    """
    reason = stated_reason(reason)
    require_right_clock()
    target = rollback_target(current_period())
    version = target.model_version if target else None
    checked = check_version(version) if version else None
    with transaction.atomic():
        current = lock(expected_current)
        target = rollback_target(current)
        if target is None:
            raise nothing_to_go_back_to()
        if checked is None or target.model_version_id != checked.pk:
            raise StaleState(_("Somebody switched the model meanwhile; look again."))
        require_sound(checked)
        period = open_period(
            current,
            Opening(checked, PeriodKind.ROLLBACK, by, reason, below=target.below),
        )
        held = hold(by, reason)
        AuditEvent.objects.record(
            "serving.rolled_back",
            actor=by,
            subject=checked,
            records=[*period.switched(), held],
            period=period.pk,
            before=name_of(current),
            withdrawn=checked.withdrawn,
            reason=reason,
        )
    return period


def nothing_to_go_back_to() -> NotAllowedNow:
    return NotAllowedNow(
        _("There is nothing to go back to: no version served before this one."),
        code="no_history",
    )


@transaction.atomic
def release_hold(*, by: Actor, reason: str = "") -> ServingState:
    """Let Auto promote again.

    Raises NotAllowedNow where nothing is on hold, InvalidInput.
    """
    reason = stated_reason(reason)
    held = ServingState.objects.select_for_update().get()
    if not held.on_hold:
        raise NotAllowedNow(_("Automatic promotion is not on hold."))
    ServingState.objects.update(hold_since=None, hold_by=None, hold_reason="")
    free = ServingState.objects.get()
    AuditEvent.objects.record(
        "serving.hold_released", actor=by, subject=held, records=[free], reason=reason
    )
    return free


def require_sound(version: ModelVersion) -> None:
    """It answers and nobody put it aside. Raises NotEligible.

    Looks anew: the caller holds the lock, and the check may be some time ago.
    """
    version.refresh_from_db(fields=["problem", "problem_detail"])
    if version.problem:
        raise _not_eligible(version)


def _require_eligible(version: ModelVersion) -> None:
    require_sound(version)
    if not version.is_eligible:
        raise _not_eligible(version)


def _not_eligible(version: ModelVersion) -> NotEligible:
    why = version.ineligible_reason
    if version.problem:
        return NotEligible(
            _("%(version)s may not serve: %(why)s") % {"version": version, "why": why}
        )
    return NotEligible(
        _("%(version)s may not serve: %(why)s State a reason to let it serve anyway.")
        % {"version": version, "why": why},
        code="contains_withdrawn",
    )


def name_of(period: ServingPeriod | None) -> str | None:
    """The version of a period as an event tells it; None where none served."""
    return str(period.model_version) if period and period.model_version else None


def hold(by: Actor, reason: str) -> ServingState:
    """Automatic promotion waits until a person lifts it; the event tells of the row."""
    ServingState.objects.update(
        hold_since=DatabaseNow(), hold_by=by, hold_reason=reason
    )
    return ServingState.objects.get()
