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
    """The version to switch to in an emergency, or None. Writes nothing."""
    return ServingState.objects.select_related("fallback").get().fallback


def name_fallback(version: ModelVersion, *, by: Actor, reason: str) -> ModelVersion:
    """Name the version to switch to in an emergency; it replaces the one named before.

    Only a version that has served may be named: the switch to it passes by freezes,
    rehearsals and second people, and must not let in what never passed them. Raises
    InvalidInput without a reason, NotAllowedNow in a freeze or for a version that never
    served, NotEligible.
    """
    reason = require_reason(reason)
    version = check_version(version)
    with transaction.atomic():
        state = ServingState.objects.select_for_update().get()
        freezes.require_no_freeze(clock.database_now())
        if not ServingPeriod.objects.filter(model_version=version).exists():
            raise NotAllowedNow(
                _(
                    "%(version)s has never served. Let it serve first: in an emergency "
                    "nobody tries it any more."
                )
                % {"version": version},
                code="never_served",
            )
        selection.require_sound(version)
        previous = state.fallback
        state = _set_fallback(version, by)
        AuditEvent.objects.record(
            "serving.fallback_named",
            actor=by,
            subject=version,
            records=[state],
            before=str(previous) if previous else None,
            reason=reason,
        )
    return version


@transaction.atomic
def clear_fallback(version: ModelVersion, *, by: Actor, reason: str) -> None:
    """Let no version be the fallback any more.

    Raises InvalidInput without a reason, NotAllowedNow if ``version`` is not it.
    """
    reason = require_reason(reason)
    state = ServingState.objects.select_for_update().get()
    if state.fallback_id != version.pk:
        raise NotAllowedNow(
            _("%(version)s is not the fallback.") % {"version": version},
            code="no_fallback",
        )
    state = _set_fallback(None, None)
    AuditEvent.objects.record(
        "serving.fallback_cleared",
        actor=by,
        subject=version,
        records=[state],
        reason=reason,
    )


def switch_to_fallback(*, by: Actor, reason: str) -> tuple[ServingPeriod, bool]:
    """Let the fallback serve, and hold automatic promotion.

    No freeze, rehearsal or second person delays it. Returns the open period and whether
    it changed. Raises InvalidInput without a reason, NotAllowedNow where no fallback is
    named, NotEligible where it cannot answer.
    """
    reason = require_reason(reason)
    require_right_clock()
    version = fallback()
    if version is None:
        raise NotAllowedNow(
            _("No version is named as the fallback."), code="no_fallback"
        )
    version = check_version(version)
    with transaction.atomic():
        current = lock(None)
        if fallback() != version:
            raise StaleState(_("Another version was named meanwhile; look again."))
        if current and current.model_version_id == version.pk:
            return current, False
        selection.require_sound(version)
        below = base_of(current, version)
        period = open_period(
            current, Opening(version, PeriodKind.FALLBACK, by, reason, below=below)
        )
        state = selection.hold(by, reason)
        AuditEvent.objects.record(
            "serving.switched_to_fallback",
            actor=by,
            subject=version,
            records=[*period.switched(), state],
            period=period.pk,
            before=selection.version_name(current),
            withdrawn=version.withdrawn,
            reason=reason,
        )
    return period, True


def _set_fallback(version: ModelVersion | None, by: Actor) -> ServingState:
    ServingState.objects.update(
        fallback=version,
        fallback_by=by,
        fallback_at=DatabaseNow() if version else None,
    )
    return ServingState.objects.get()
