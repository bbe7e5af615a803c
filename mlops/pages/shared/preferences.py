"""A person's own language and time zone."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.models import Preferences
from training.errors import InvalidInput
from training.models import AuditEvent


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones. Finding them reads hundreds of files: once."""
    return frozenset(available_timezones())


def preferences_of(person: User) -> Preferences:
    """The stored ones; an unsaved row where nothing was ever chosen."""
    return getattr(person, "preferences", None) or Preferences(user=person)


@transaction.atomic
def choose(person: User, **changes: str) -> Preferences:
    """Store ``language`` or ``time_zone``; an empty one takes the choice back.

    Raises InvalidInput for a language or a time zone that is not offered.
    """
    language = changes.get("language", "")
    if language and language not in dict(settings.LANGUAGES):
        raise InvalidInput(_("That language is not among those there are."))
    if (zone := changes.get("time_zone", "")) and zone not in time_zones():
        raise InvalidInput(_("That time zone is not known."))
    preferences = Preferences.objects.filter(user=person).first() or Preferences(
        user=person
    )
    before = {name: getattr(preferences, name) for name in changes}
    if before != changes:
        for name, value in changes.items():
            setattr(preferences, name, value)
        preferences.save()
        AuditEvent.objects.record(
            "person.preferences_changed",
            actor=person,
            subject=person,
            before=before,
            after=changes,
        )
    return preferences


def clock_of(preferences: Preferences) -> ZoneInfo | None:
    """None for the company's own, and for a zone that is known no longer."""
    if preferences.time_zone not in time_zones():
        return None
    return ZoneInfo(preferences.time_zone)
