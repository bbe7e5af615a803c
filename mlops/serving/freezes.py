"""Freeze windows: plan one, call one off, and whether a moment lies in one."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mlops.models import FreezeWindow, ServingState
from preciso import clock, limits
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent
from training.models.audit import Actor
from training.values import checked_text, stated_reason

LONGEST = timedelta(days=92)  # a quarter: catches a year that was mistyped


class Frozen(NotAllowedNow):
    """Selecting is refused until the window ends, except by two people."""

    code = "frozen"


def freeze_at(moment: datetime) -> FreezeWindow | None:
    """The window that contains this moment; of several, the one that ends last.

    A read: it writes nothing.
    """
    return FreezeWindow.objects.at(moment).order_by("-ends_at").first()


def require_no_freeze(moment: datetime) -> None:
    """Raises Frozen if the moment lies in a freeze window; writes nothing."""
    freeze = freeze_at(moment)
    if freeze is not None:
        raise Frozen(
            _(
                "What serves is frozen until %(until)s (%(name)s). Rolling back is "
                "possible; for anything else two people are needed."
            )
            % {"until": moment_text(freeze.ends_at), "name": freeze.name}
        )


@transaction.atomic
def plan_freeze(
    *, name: str, ends_at: datetime, by: Actor, starts_at: datetime | None = None
) -> FreezeWindow:
    """Freeze what serves from ``starts_at`` (now, if absent) until ``ends_at``.

    Raises InvalidInput without a name, for an end before the start, or for more than
    ``LONGEST``; NotAllowedNow for a freeze that is over. Then nothing was written.
    """
    name = checked_text(name, "name", limits.NAME).strip()
    if not name:
        raise InvalidInput(_("Say what the freeze is for."))
    # The lock of every switch: one that is under way commits before the window is
    # there, and one that comes later sees it.
    ServingState.objects.select_for_update().get()
    now = clock.database_now()
    starts_at = starts_at or now
    if ends_at <= starts_at:
        raise InvalidInput(_("A freeze must end after it starts."))
    if ends_at <= now:
        raise NotAllowedNow(_("A freeze must end after now."), code="already_past")
    if ends_at - starts_at > LONGEST:
        raise InvalidInput(
            _("A freeze lasts at most %(days)d days.") % {"days": LONGEST.days}
        )
    freeze = FreezeWindow.objects.create(
        name=name,
        starts_at=max(starts_at, now),
        ends_at=ends_at,
        created_by=by,
    )
    AuditEvent.objects.record(
        "freeze.planned",
        actor=by,
        subject=freeze,
        records=[freeze],
        name=freeze.name,
        starts_at=freeze.starts_at.isoformat(),
        ends_at=freeze.ends_at.isoformat(),
    )
    return freeze


@transaction.atomic
def call_off_freeze(freeze: FreezeWindow, *, by: Actor, reason: str = "") -> None:
    """Cancel a planned freeze. One that has begun lasts: no one person ends it.

    Raises NotAllowedNow where it has begun or was called off before, InvalidInput for a
    reason that is too long.
    """
    reason = stated_reason(reason)
    now = clock.database_now()
    planned = FreezeWindow.objects.standing().filter(pk=freeze.pk, starts_at__gt=now)
    if not planned.update(canceled_at=now, canceled_by=by):
        raise NotAllowedNow(
            _("%(name)s has begun or was called off; it can no longer be called off.")
            % {"name": freeze.name}
        )
    freeze.refresh_from_db(fields=["canceled_at", "canceled_by"])
    AuditEvent.objects.record(
        "freeze.called_off",
        actor=by,
        subject=freeze,
        records=[freeze],
        name=freeze.name,
        reason=reason,
    )


def moment_text(moment: datetime) -> str:
    """A moment as it stands in a sentence, in the company's time zone."""
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
