"""How often a password may be tried, without locking out whose password it is.

An attempt is counted before the password is checked, and taken back if it was right, so
that parallel attempts get no more tries than consecutive ones. There are three counts:
of a person at an address and of an address over all names, which close for minutes; and
of a person from anywhere, which only slows, because anybody could cause that.

All times are by the database's clock, so that web processes on several machines agree.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.dispatch import Signal

from preciso import client_address, clock
from preciso.clock import DatabaseNow
from training.canonical import sha256_json
from training.models import FailureCount

PAIR, ADDRESS, NAME = "pair", "address", "name"
MOST_ROWS = 10_000  # in addition to one for each person
MOST_UNKNOWN = 1_000  # pairs with an unknown name, in the memory of one process
FORGET_AFTER = timedelta(hours=1)

locked_out = Signal()  # request, username: an attempt was refused unchecked


@dataclass(frozen=True)
class Limit:
    """After ``free`` wrong attempts within ``window``, none for ``pause``."""

    free: int
    window: timedelta
    pause: timedelta


MINUTES = timedelta(minutes=10)
LIMITS = {
    PAIR: Limit(10, MINUTES, MINUTES),
    ADDRESS: Limit(100, MINUTES, MINUTES),
    NAME: Limit(30, FORGET_AFTER, timedelta(seconds=15)),
}


@dataclass(frozen=True)
class SignInAttempt:
    """A user name that somebody typed, at a network address."""

    name: str
    address: str
    person: User | None

    @property
    def pair(self) -> str:
        return sha256_json(
            [PAIR, self.name[:150], client_address.network(self.address)]
        )

    @property
    def counts(self) -> dict[str, str]:
        """The keys of the rows to count in, by kind."""
        address = {
            ADDRESS: sha256_json([ADDRESS, client_address.network(self.address)])
        }
        if self.person is None:  # UnknownNames counts the pair
            return address
        return {
            PAIR: self.pair,
            **address,
            NAME: sha256_json([NAME, self.person.pk]),
        }


def attempt_by(name: str, address: str) -> SignInAttempt:
    clean = name.replace("\0", "")
    return SignInAttempt(clean, address, User.objects.filter(username=clean).first())


def seconds_to_wait(attempt: SignInAttempt) -> int:
    """For how many seconds no attempt is allowed; 0 if one is."""
    return _seconds_to_wait(attempt, clock.database_now())


def count_attempt(attempt: SignInAttempt) -> int:
    """Count an attempt; returns the seconds to wait if none is allowed, else 0."""
    now = clock.database_now()
    wait = _seconds_to_wait(attempt, now)
    if wait:
        return wait
    if attempt.person is None:
        unknown.add(attempt.pair, now)
    return max(_charge(attempt, kind, key) for kind, key in attempt.counts.items())


def clear_after_success(attempt: SignInAttempt) -> None:
    """The password was right: forget the pair, take the attempt back elsewhere."""
    keys = attempt.counts
    FailureCount.objects.filter(key=keys.pop(PAIR, "")).delete()
    FailureCount.objects.filter(key__in=keys.values(), count__gt=0).update(
        count=F("count") - 1, closed_until=None
    )


def forget_failures(person: User) -> None:
    """Forget every wrong attempt on a person, from all addresses."""
    FailureCount.objects.filter(person=person).delete()


def _seconds_to_wait(attempt: SignInAttempt, now: datetime) -> int:
    closed_until = FailureCount.objects.filter(
        key__in=attempt.counts.values(), closed_until__gt=now
    ).values_list("closed_until", flat=True)
    waits = [_seconds(until, now) for until in closed_until if until]
    if attempt.person is None:
        waits.append(unknown.seconds_to_wait(attempt.pair, now))
    return max(waits, default=0)


def _charge(attempt: SignInAttempt, kind: str, key: str) -> int:
    """Count one more in this row; the seconds to wait if it was closed meanwhile."""
    limit = LIMITS[kind]
    for _try in range(4):
        now = clock.database_now()
        row = FailureCount.objects.filter(key=key).first()
        if row is None:
            if _insert(attempt, kind, key, now):
                return 0
            continue
        if row.closed_until and row.closed_until > now:
            return _seconds(row.closed_until, now)
        count = 1 if row.last_at < now - limit.window else row.count + 1
        closed = now + limit.pause if count >= limit.free else None
        # Written only if nobody counted meanwhile; else the row is read again.
        unchanged = FailureCount.objects.filter(
            pk=row.pk, count=row.count, last_at=row.last_at
        )
        if unchanged.update(count=count, last_at=now, closed_until=closed):
            return 0
    return 1


def _insert(attempt: SignInAttempt, kind: str, key: str, now: datetime) -> bool:
    person = None if kind == ADDRESS else attempt.person
    try:
        with transaction.atomic():
            row = FailureCount.objects.create(
                kind=kind, key=key, person=person, count=1, last_at=now
            )
    except IntegrityError:  # another process inserted the row first
        return False
    if row.pk % 100 == 0:
        prune()
    return True


def prune() -> None:
    """Delete what is over, and the oldest rows beyond ``MOST_ROWS``.

    Rows that count a person from anywhere stay: there is at most one for each person.
    """
    FailureCount.objects.filter(last_at__lt=DatabaseNow() - FORGET_AFTER).delete()
    others = FailureCount.objects.filter(~Q(kind=NAME)).order_by("-last_at", "-pk")
    edge = others.values_list("last_at", flat=True)[MOST_ROWS : MOST_ROWS + 1].first()
    if edge is not None:
        others.filter(last_at__lte=edge).order_by().delete()


def _seconds(until: datetime, now: datetime) -> int:
    return max(1, round((until - now).total_seconds() + 0.5))


class UnknownNames:
    """Counts of pairs with an unknown name: the same limits, but no rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def add(self, pair: str, now: datetime) -> None:
        with self._lock:
            count, last = self._counts.pop(pair, (0, now))
            fresh = 1 if last < now - LIMITS[PAIR].window else count + 1
            self._counts[pair] = (fresh, now)
            while len(self._counts) > MOST_UNKNOWN:
                self._counts.popitem(last=False)

    def seconds_to_wait(self, pair: str, now: datetime) -> int:
        count, last = self._counts.get(pair, (0, now))
        until = last + LIMITS[PAIR].pause
        return _seconds(until, now) if count >= LIMITS[PAIR].free and until > now else 0

    def clear(self) -> None:
        self._counts.clear()


unknown = UnknownNames()
