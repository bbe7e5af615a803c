"""The fallback: a version named beforehand, to be switched to in an emergency."""

from django.db import transaction
from django.utils.translation import gettext as _

from mlops.choices import PeriodKind
from mlops.models import ModelVersion, ServingPeriod, ServingState
from mlops.serving import freezes, selection
from mlops.serving.model_registry import check_version
from mlops.serving.off_switch import require_reason
from mlops.serving.periods import (
    Opening,
    base_of,
    lock,
    open_period,
    require_right_clock,
)
from preciso import clock
from preciso.clock import DatabaseNow
from training.errors import NotAllowedNow, StaleState
from training.models import AuditEvent
from training.models.audit import Actor


def fallback() -> ModelVersion | None:
    named = ServingState.objects.select_related("fallback").get()
    return named.fallback


def name_fallback(version: ModelVersion, *, by: Actor, reason: str) -> ModelVersion:
    """Name the version to switch to in an emergency; another one is that no more.

    Only one that has served: switching to it passes by freezes, rehearsals and second
    people, and must not let in what never passed them. Raises InvalidInput without a
    reason, NotAllowedNow in a freeze or for one that never served, NotEligible.
    """
    reason = require_reason(reason)
    checked = check_version(version)
    with transaction.atomic():
        state = ServingState.objects.select_for_update().get()
        freezes.require_no_freeze(clock.database_now())
        if not ServingPeriod.objects.filter(model_version=checked).exists():
            raise NotAllowedNow(
                _(
                    "%(version)s has never served. Let it serve first: in an emergency "
                    "nobody tries it any more."
                )
                % {"version": checked},
                code="never_served",
            )
        selection.require_sound(checked)
        before = state.fallback
        named = _name(checked, by)
        AuditEvent.objects.record(
            "serving.fallback_named",
            actor=by,
            subject=checked,
            records=[named],
            before=str(before) if before else None,
            reason=reason,
        )
    return checked


@transaction.atomic
def clear_fallback(version: ModelVersion, *, by: Actor, reason: str) -> None:
    """It is the fallback no more. Raises InvalidInput, NotAllowedNow if it is not."""
    reason = require_reason(reason)
    state = ServingState.objects.select_for_update().get()
    if state.fallback_id != version.pk:
        raise NotAllowedNow(
            _("%(version)s is not the fallback.") % {"version": version},
            code="no_fallback",
        )
    cleared = _name(None, None)
    AuditEvent.objects.record(
        "serving.fallback_cleared",
        actor=by,
        subject=version,
        records=[cleared],
        reason=reason,
    )


def switch_to_fallback(*, by: Actor, reason: str) -> tuple[ServingPeriod, bool]:
    """Let the fallback serve, and hold automatic promotion.

    No freeze, rehearsal or second person holds it up. Returns the open period and
    whether it changed. Raises InvalidInput without a reason, NotAllowedNow where none
    is named, NotEligible where it cannot answer.
    """
    reason = require_reason(reason)
    require_right_clock()
    named = fallback()
    if named is None:
        raise no_fallback()
    checked = check_version(named)
    with transaction.atomic():
        current = lock(None)
        if fallback() != checked:
            raise StaleState(_("Another version was named meanwhile; look again."))
        if current and current.model_version_id == checked.pk:
            return current, False
        selection.require_sound(checked)
        below = base_of(current, checked)
        period = open_period(
            current, Opening(checked, PeriodKind.FALLBACK, by, reason, below=below)
        )
        held = selection.hold(by, reason)
        AuditEvent.objects.record(
            "serving.switched_to_fallback",
            actor=by,
            subject=checked,
            records=[*period.switched(), held],
            period=period.pk,
            before=selection.name_of(current),
            withdrawn=checked.withdrawn,
            reason=reason,
        )
    return period, True


def no_fallback() -> NotAllowedNow:
    return NotAllowedNow(_("No version is named as the fallback."), code="no_fallback")


def _name(version: ModelVersion | None, by: Actor) -> ServingState:
    ServingState.objects.update(
        fallback=version,
        fallback_by=by,
        fallback_at=DatabaseNow() if version else None,
    )
    return ServingState.objects.get()
