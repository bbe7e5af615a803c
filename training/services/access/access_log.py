"""The access log is written here: at once for what people do, counted for the rest.

A refusal costs a number in memory, and about every ten seconds one thread writes what
was counted. A process that is killed loses those seconds' counts, and no more. What
discloses something (a download, protected attributes) is written before it is
answered: without its entry there is no answer.
"""

import atexit
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from preciso import request_id
from preciso.clock import database_now
from preciso.requester import Requester
from training.canonical import sha256_json
from training.choices import ACCESS_COUNTED, ACCESS_RETENTION, AccessKind
from training.models import AccessEntry
from training.models.access import HOUR, MOST_COUNTED, OTHERS
from training.models.audit import label_of

logger = logging.getLogger(__name__)
MOST_IN_MEMORY = 400  # different ones between two writes; of the rest only how many
TOO_LATE = timedelta(minutes=30)  # for what an hour counted to be added to it
NAME_SHOWN = 3  # letters of a name nobody has: some type their password there


@dataclass(frozen=True)
class AccessRecord:
    """What is counted together: all of it but the times and how often."""

    kind: AccessKind
    hour: datetime
    person_id: int | None = None
    name: str = ""
    token: str = ""
    address: str = ""
    route: str = ""
    subject_type: str = ""
    subject_id: str = ""

    @property
    def key(self) -> str:
        parts = {**vars(self), "hour": self.hour.isoformat()}
        return sha256_json(parts)

    @property
    def is_counted(self) -> bool:
        return self.kind in ACCESS_COUNTED


@dataclass
class Count:
    """How often, from when to when."""

    first: datetime
    last: datetime
    number: int = 0


def note(
    kind: AccessKind,
    requester: Requester,
    *,
    subject: models.Model | None = None,
    cases: Iterable[int] = (),
) -> None:
    """Write down at once what a known person did. Raises what the database raises."""
    now = database_now()
    case_ids = sorted(cases)
    about, which = _subject_of(subject, case_ids)
    record = replace(
        _record_of(kind, requester, now), subject_type=about, subject_id=which[:64]
    )
    label = label_of(subject) if subject is not None else ""
    details = {
        "subject_label": label,
        "cases": case_ids,
        "request_id": request_id.current(),
    }
    _write(record, Count(now, now, 1), details)


def note_protected(requester: Requester, cases: Iterable[int]) -> None:
    """Whose protected attributes a person is shown now; nothing where nobody's."""
    case_ids = sorted(cases)
    if case_ids:
        note(AccessKind.PROTECTED, requester, cases=case_ids)


def count(kind: AccessKind, requester: Requester, *, name: str = "") -> None:
    """Count one more in memory. ``name``: what a person who is unknown calls
    themselves."""
    now = timezone.now()
    record = _record_of(kind, requester, now)
    counters.add(replace(record, name=name[:150]) if name else record, now)


def _record_of(kind: AccessKind, requester: Requester, now: datetime) -> AccessRecord:
    person = requester.person
    return AccessRecord(
        kind=kind,
        hour=hour_of(now),
        person_id=person.pk if person else None,
        name=person.get_username() if person else "",
        token=requester.token,
        address=requester.address,
        route=requester.route,
    )


def _subject_of(subject: models.Model | None, cases: list[int]) -> tuple[str, str]:
    if subject is not None:
        return str(subject._meta.model_name), str(subject.pk)
    if len(cases) == 1:
        return "case", str(cases[0])
    return ("cases", sha256_json(cases)) if cases else ("", "")


def hour_of(moment: datetime) -> datetime:
    seconds = int(moment.timestamp())
    begin = seconds - seconds % int(HOUR.total_seconds())
    return datetime.fromtimestamp(begin, UTC)


class Counters:
    """What was counted in this process and is not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[AccessRecord, Count] = {}
        self._timer: threading.Timer | None = None

    def add(self, record: AccessRecord, now: datetime, number: int = 1) -> None:
        with self._lock:
            if record not in self._counts and len(self._counts) >= MOST_IN_MEMORY:
                record = AccessRecord(record.kind, record.hour)
            tally = self._counts.setdefault(record, Count(now, now))
            tally.number += number
            tally.last = max(tally.last, now)
            self._write_soon()

    def _write_soon(self) -> None:
        seconds = settings.ACCESS_LOG_FLUSH_SECONDS
        if self._timer is None and seconds:
            self._timer = threading.Timer(seconds, self._write_in_thread)
            self._timer.daemon = True
            self._timer.start()

    def _write_in_thread(self) -> None:
        try:
            self.flush()
        finally:
            connection.close()

    def flush(self) -> None:
        """Write what was counted. What could not be written waits for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._timer = None
        if not counts:
            return
        try:
            now, ahead = database_now(), database_now() - timezone.now()
            while counts:
                record, tally = next(iter(counts.items()))
                _write(*_by_the_database(record, tally, now, ahead), {})
                del counts[record]
        except Exception:
            logger.exception("The access log could not be written; once more.")
            for record, tally in counts.items():
                self.add(record, tally.last, tally.number)


def _by_the_database(
    record: AccessRecord, tally: Count, now: datetime, ahead: timedelta
) -> tuple[AccessRecord, Count]:
    """By its clock, not by that of this process. An hour that is long over is not
    added to, for its day may be closed: then it counts in the present one."""
    hour = hour_of(tally.first + ahead)
    if now - hour > HOUR + TOO_LATE:
        hour = hour_of(now)
    end = hour + HOUR - timedelta.resolution
    first, last = (
        min(max(moment + ahead, hour), end) for moment in (tally.first, tally.last)
    )
    return replace(record, hour=hour), Count(first, last, tally.number)


def _write(record: AccessRecord, tally: Count, details: dict[str, Any]) -> None:
    """One more row, or a higher count in the one there is."""
    if record.name and record.person_id is None:
        record = _with_person(record)
    for _again in range(3):
        if _raise_count(record, tally):
            return
        slot = _free_slot(record) if record.is_counted else None
        if slot == OTHERS:
            record = AccessRecord(record.kind, record.hour)
            if _raise_count(record, tally):
                return
        try:
            with transaction.atomic():
                _insert(record, tally, slot=slot, **details)
        except IntegrityError:  # another process was first: with the row or the slot
            continue
        return
    logger.error("%d times %s found no place.", tally.number, record.kind)


def _with_person(record: AccessRecord) -> AccessRecord:
    """Of a name that nobody has only its beginning is kept."""
    known = (
        User.objects.filter(username=record.name).values_list("pk", flat=True).first()
    )
    if known is not None:
        return replace(record, person_id=known)
    clean = record.name.replace("\0", "").encode(errors="replace").decode()
    return replace(record, name=f"{clean[:NAME_SHOWN]}…")


def _raise_count(record: AccessRecord, tally: Count) -> bool:
    rows = AccessEntry.objects.filter(key=record.key)
    last = Greatest(F("last_at"), Value(tally.last))
    return bool(rows.update(count=F("count") + tally.number, last_at=last))


def _free_slot(record: AccessRecord) -> int:
    """The next of its kind and hour; the one of all others once none is left."""
    rows = AccessEntry.objects.filter(hour=record.hour, kind=record.kind)
    highest = rows.aggregate(highest=models.Max("slot"))["highest"] or OTHERS
    return OTHERS if highest >= MOST_COUNTED else int(highest) + 1


def _insert(record: AccessRecord, tally: Count, **details: Any) -> None:
    days = getattr(settings, ACCESS_RETENTION[record.kind])
    AccessEntry.objects.create(
        **vars(record),
        key=record.key,
        until=record.hour + HOUR,
        count=tally.number,
        first_at=tally.first,
        last_at=tally.last,
        keep_until=(record.hour + timedelta(days=days)).date(),
        **details,
    )


counters = Counters()


@atexit.register
def _write_the_rest() -> None:
    """What an orderly end of the process leaves; the tests' database is gone then."""
    if settings.ACCESS_LOG_FLUSH_SECONDS:
        counters.flush()
