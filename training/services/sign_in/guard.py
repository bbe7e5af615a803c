"""How often somebody may try a password, without locking out whom they try it on.

A try is counted before the password is looked at and taken back where it was right, so
that many at once get no more tries than one after the other. Three counts: of a person
at an address, which closes; of an address over all names, which closes; of a person
from anywhere, which only slows, for anybody could bring that about.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from preciso import client_address
from training.canonical import sha256_json
from training.models import FailureCount

PAIR, ADDRESS, NAME = "pair", "address", "name"
MOST_ROWS = 10_000  # beside one for each person
MOST_UNKNOWN = 1_000  # pairs with a name nobody has, in the memory of one process
FORGET_AFTER = timedelta(hours=1)

locked_out = Signal()  # request, username: a try was refused unseen


@dataclass(frozen=True)
class Limit:
    """From the ``free``-th wrong try within ``window`` on, none for ``pause``."""

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
    """A name somebody typed, at an address."""

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
        """The rows that count for it, by kind: none for a name nobody has."""
        address = {
            ADDRESS: sha256_json([ADDRESS, client_address.network(self.address)])
        }
        if self.person is None:
            return address
        return {
            PAIR: self.pair,
            **address,
            NAME: sha256_json([NAME, self.person.pk]),
        }


def attempt_by(name: str, address: str) -> SignInAttempt:
    clean = name.replace("\0", "")
    return SignInAttempt(clean, address, User.objects.filter(username=clean).first())


def seconds_to_wait(at: SignInAttempt) -> int:
    """How many seconds nobody is let try here; 0: try."""
    now = timezone.now()
    closed = FailureCount.objects.filter(
        key__in=at.counts.values(), closed_until__gt=now
    ).values_list("closed_until", flat=True)
    waits = [_seconds(until, now) for until in closed if until]
    if at.person is None:
        waits.append(unknown.seconds_to_wait(at.pair, now))
    return max(waits, default=0)


def count_attempt(at: SignInAttempt) -> int:
    """Count a try; the seconds to wait instead, where there is no try left."""
    wait = seconds_to_wait(at)
    if wait:
        return wait
    if at.person is None:
        unknown.add(at.pair, timezone.now())
    return max(_charge(at, kind, key) for kind, key in at.counts.items())


def clear_after_success(at: SignInAttempt) -> None:
    """The password was right: the pair is forgotten, the try taken back elsewhere."""
    keys = at.counts
    FailureCount.objects.filter(key=keys.pop(PAIR, "")).delete()
    FailureCount.objects.filter(key__in=keys.values(), count__gt=0).update(
        count=F("count") - 1, closed_until=None
    )


def forget_failures(person: User) -> None:
    """Forget what was tried on a person, wherever from."""
    FailureCount.objects.filter(person=person).delete()


def _charge(at: SignInAttempt, kind: str, key: str) -> int:
    """One more of this count, unless another process closed it meanwhile."""
    limit = LIMITS[kind]
    for _again in range(4):
        now = timezone.now()
        row = FailureCount.objects.filter(key=key).first()
        if row is None:
            if _first(at, kind, key, now):
                return 0
            continue
        if row.closed_until and row.closed_until > now:
            return _seconds(row.closed_until, now)
        count = 1 if row.last_at < now - limit.window else row.count + 1
        closed = now + limit.pause if count >= limit.free else None
        as_it_was = FailureCount.objects.filter(
            pk=row.pk, count=row.count, last_at=row.last_at
        )
        if as_it_was.update(count=count, last_at=now, closed_until=closed):
            return 0
    return 1


def _first(at: SignInAttempt, kind: str, key: str, now: datetime) -> bool:
    person = None if kind == ADDRESS else at.person
    try:
        with transaction.atomic():
            row = FailureCount.objects.create(
                kind=kind, key=key, person=person, count=1, last_at=now
            )
    except IntegrityError:
        return False
    if row.pk % 100 == 0:
        prune()
    return True


def prune() -> None:
    """What is over goes; of more than ``MOST_ROWS`` the oldest, but for no person's."""
    FailureCount.objects.filter(last_at__lt=timezone.now() - FORGET_AFTER).delete()
    others = FailureCount.objects.filter(~Q(kind=NAME)).order_by("-last_at", "-pk")
    edge = others.values_list("last_at", flat=True)[MOST_ROWS : MOST_ROWS + 1].first()
    if edge is not None:
        others.filter(last_at__lte=edge).order_by().delete()


def _seconds(until: datetime, now: datetime) -> int:
    return max(1, round((until - now).total_seconds() + 0.5))


class UnknownNames:
    """Pairs with a name nobody has: they meet the same door, and cost no row."""

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
