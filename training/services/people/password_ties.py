"""Which accounts may be in the hands of one person, because of a fresh password.

Who adds somebody or resets a password knows that password for a while. Two accounts
tied in this way, directly or through a third, do not count as two people (ADR 47).
Reads the audit trail; writes nothing.
"""

from datetime import datetime, timedelta

from training.models import AuditEvent

TIED_FOR = timedelta(days=7)
PASSWORD_ACTIONS = ("person.created", "person.password_reset")


def people_tied_by_passwords(person: int, now: datetime) -> set[int]:
    """The ids of everybody else who is tied to this person, over any number of steps.

    ``person`` is a user id, ``now`` the time by the database's clock.
    """
    events = AuditEvent.objects.filter(
        action__in=PASSWORD_ACTIONS,
        at__gt=now - TIED_FOR,
        subject_type="user",
        actor__isnull=False,
    )
    neighbours: dict[int, set[int]] = {}
    for maker, subject in events.values_list("actor_id", "subject_id"):
        neighbours.setdefault(int(maker or 0), set()).add(int(subject))
        neighbours.setdefault(int(subject), set()).add(int(maker or 0))
    tied, to_visit = {person}, [person]
    while to_visit:
        new = neighbours.get(to_visit.pop(), set()) - tied
        tied |= new
        to_visit += new
    return tied - {person}
