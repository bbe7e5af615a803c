"""Which accounts may be in the hands of one person, because of a fresh password.

Who adds somebody or resets a password knows that password for a while. Two accounts
tied in this way, directly or through a third, do not count as two people (ADR 47).
Reads the audit trail; writes nothing.
"""

from datetime import datetime, timedelta

from training.models import AuditEvent

TIED_FOR = timedelta(days=7)
PASSWORD_ACTIONS = ("person.created", "person.password_reset")


Links = dict[int, set[int]]  # by user id, the ids of who is tied to them directly


def password_links(now: datetime) -> Links:
    """Who made whose password lately; ``now`` is the time by the database's clock."""
    events = AuditEvent.objects.filter(
        action__in=PASSWORD_ACTIONS,
        at__gt=now - TIED_FOR,
        subject_type="user",
        actor__isnull=False,
    )
    links: Links = {}
    for maker, subject in events.values_list("actor_id", "subject_id"):
        links.setdefault(int(maker or 0), set()).add(int(subject))
        links.setdefault(int(subject), set()).add(int(maker or 0))
    return links


def people_tied_by_passwords(person: int, links: Links) -> set[int]:
    """The ids of everybody tied to this person over any number of steps."""
    tied, to_visit = {person}, [person]
    while to_visit:
        new = links.get(to_visit.pop(), set()) - tied
        tied |= new
        to_visit += new
    return tied - {person}
