"""In whose name a command acts."""

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from training.models.audit import Actor


def who_may(name: str | None, permission: str) -> Actor:
    """The person of ``--as``; without one, the system itself.

    Raises CommandError for somebody who is not active or has not this right.
    """
    if not name:
        return None
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None or not person.has_perm(permission):
        raise CommandError(f"There is no active user {name!r} who may do this.")
    return person
