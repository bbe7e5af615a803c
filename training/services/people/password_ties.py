"""Whose hands an account may be in: who made somebody's password may know it.

Two accounts that one person made passwords for, or one of theirs and one that they made
a password for, may be one person. So they are no two people while it is fresh.
"""

from datetime import datetime, timedelta

from training.models import AuditEvent

FRESH = timedelta(days=7)
MAKES_A_PASSWORD = ("person.created", "person.password_reset")


def in_the_same_hands(person: int, now: datetime) -> set[int]:
    """Everybody else whose password was lately made by this one, or the other way
    round, or both by a third one, over any number of hands."""
    made = AuditEvent.objects.filter(
        action__in=MAKES_A_PASSWORD,
        at__gt=now - FRESH,
        subject_type="user",
        actor__isnull=False,
    )
    tied: dict[int, set[int]] = {}
    for maker, subject in made.values_list("actor_id", "subject_id"):
        tied.setdefault(int(maker or 0), set()).add(int(subject))
        tied.setdefault(int(subject), set()).add(int(maker or 0))
    found, ahead = {person}, [person]
    while ahead:
        fresh = tied.get(ahead.pop(), set()) - found
        found |= fresh
        ahead += fresh
    return found - {person}
