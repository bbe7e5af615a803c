"""Which version serves: select one, roll back, hold automatic promotion."""

from django.db import transaction
from django.utils.translation import gettext as _

from mlops.choices import PeriodKind
from mlops.models import ModelVersion, ServingPeriod, ServingState
from mlops.serving import four_eyes, rehearsal_rule, withdrawals
from mlops.serving.model_registry import check_version
from mlops.serving.periods import (
    Opening,
    base_of,
    lock,
    open_period,
    require_right_clock,
    rollback_target,
    switched_meanwhile,
)
from preciso.clock import DatabaseNow
from preciso.request_cache import read_once
from training.errors import DomainError, NotAllowedNow
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
    """The open period, or None before the first; in a stopped one no version serves.

    A read: it writes nothing. The versions come without their evaluations, which are
    many times longer than the rest and wanted on few pages.
    """
    versions = (
        "model_version",
        "below__model_version",
        "below__below__model_version",
        "promotiondecision__champion",
    )
    periods = ServingPeriod.objects.select_related("by", *versions).with_comparison()
    evaluations = [f"{version}__evaluation" for version in versions]
    return periods.defer(*evaluations).open().first()


@read_once
def state() -> ServingState:
    """The hold and the fallback as they are now. A read: it writes nothing."""
    return ServingState.objects.select_related("hold_by", "fallback").get()


def is_on_hold() -> bool:
    """Fills training's port: whether Auto waits until a person lifts the hold.

    A rollback puts automatic promotion, and the trainings for it, on hold. Writes
    nothing.
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
    version = check_version(version)
    with transaction.atomic():
        current = lock(expected_current)
        if current and current.model_version_id == version.pk:
            return current, False
        eyes = four_eyes.eyes_on(version, current, policy())
        four_eyes.require_one_is_enough(eyes, version, by)
        rehearsal_rule.require_rehearsal(version)
        _accept_with_reason(version, by, reason)
        period = _open_selected(current, version, by, reason, PeriodKind.SELECT)
    return period, True


def lock_current() -> ServingPeriod | None:
    """The open period; no other switch happens until the caller's transaction ends."""
    return lock(None)


def take_over(
    version: ModelVersion, *, from_: ServingPeriod, reason: str
) -> ServingPeriod:
    """The system lets a checked version serve. The caller holds ``lock_current``.

    Raises NotEligible.
    """
    return _open_selected(from_, version, None, reason, PeriodKind.AUTO)


def switch_by_two(
    version: ModelVersion,
    *,
    from_: ServingPeriod | None,
    by: Actor,
    reason: str,
    kind: PeriodKind,
) -> ServingPeriod:
    """Let a checked version serve because one person asked and another confirmed.

    The caller holds ``lock_current`` and has checked both people. Raises NotEligible,
    and Frozen in a freeze unless ``kind`` is break-glass.
    """
    _accept_with_reason(version, by, reason)
    return _open_selected(from_, version, by, reason, kind)


def _accept_with_reason(version: ModelVersion, by: Actor, reason: str) -> None:
    """Take a reason as the acceptance of samples that were withdrawn, if any were."""
    version.forget_withdrawn()
    if version.withdrawn and reason.strip():
        withdrawals.accept_withdrawn(version, by=by, reason=reason)


def _open_selected(
    current: ServingPeriod | None,
    version: ModelVersion,
    by: Actor,
    reason: str,
    kind: PeriodKind,
) -> ServingPeriod:
    """Open a period of a checked version. Raises NotEligible."""
    require_sound(version)
    if not version.is_eligible:  # it learnt from samples that were withdrawn since
        raise _not_eligible(version)
    below = base_of(current, version)
    period = open_period(current, Opening(version, kind, by, reason, below=below))
    AuditEvent.objects.record(
        SELECTED[kind],
        actor=by,
        subject=version,
        records=period.switched(),
        period=period.pk,
        before=version_name(current),
        reason=reason,
    )
    return period


def roll_back(
    *, by: Actor, reason: str = "", expected_current: str | None = None
) -> ServingPeriod:
    """Let the version serve that served before, and hold automatic promotion.

    Goes one period down the stack of selects (``ServingPeriod.below``). No freeze and
    no withdrawn sample prevents it: going back is for emergencies. Raises NotAllowedNow
    where nothing served before, NotEligible where that version cannot answer,
    InvalidInput, StaleState as ``select_version``.
    """
    reason = stated_reason(reason)
    require_right_clock()
    target = rollback_target(current_period())
    version = target.model_version if target else None
    if version is not None:  # its files are read before the lock is taken
        version = check_version(version)
    with transaction.atomic():
        current = lock(expected_current)
        target = rollback_target(current)
        if target is None:
            raise nothing_to_go_back_to()
        if version is None or target.model_version_id != version.pk:
            raise switched_meanwhile()
        require_sound(version)
        period = open_period(
            current,
            Opening(version, PeriodKind.ROLLBACK, by, reason, below=target.below),
        )
        state = hold(by, reason)
        AuditEvent.objects.record(
            "serving.rolled_back",
            actor=by,
            subject=version,
            records=[*period.switched(), state],
            period=period.pk,
            before=version_name(current),
            withdrawn=version.withdrawn,
            reason=reason,
        )
    return period


def nothing_to_go_back_to() -> NotAllowedNow:
    """The refusal of a rollback where no version served before."""
    return NotAllowedNow(
        _("There is nothing to go back to: no version served before this one."),
        code="no_history",
    )


@transaction.atomic
def release_hold(*, by: Actor, reason: str = "") -> ServingState:
    """Lift the hold, so that Auto promotes again.

    Raises NotAllowedNow where nothing is on hold, InvalidInput for a reason that is too
    long.
    """
    reason = stated_reason(reason)
    before = ServingState.objects.select_for_update().get()
    if not before.on_hold:
        raise NotAllowedNow(_("Automatic promotion is not on hold."))
    ServingState.objects.update(hold_since=None, hold_by=None, hold_reason="")
    after = ServingState.objects.get()
    AuditEvent.objects.record(
        "serving.hold_released",
        actor=by,
        subject=before,
        records=[after],
        reason=reason,
    )
    return after


def require_sound(version: ModelVersion) -> None:
    """Raises NotEligible for a version that cannot answer or is in quarantine.

    Reads the row again: the check of its files was made before the lock was taken.
    """
    version.refresh_from_db(fields=["problem", "problem_detail"])
    if version.problem:
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


def version_name(period: ServingPeriod | None) -> str | None:
    """The version of a period as an audit event names it; None where none served."""
    return str(period.model_version) if period and period.model_version else None


def hold(by: Actor, reason: str) -> ServingState:
    """Put automatic promotion on hold; returns the row for the caller's event."""
    ServingState.objects.update(
        hold_since=DatabaseNow(), hold_by=by, hold_reason=reason
    )
    return ServingState.objects.get()
