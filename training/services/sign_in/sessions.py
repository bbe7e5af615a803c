"""Sessions of people: they begin, are used, and end: idle, too old, or on request.

Their times are by the database's clock, so that web processes on several machines
agree. With each request that is this process's clock, corrected; no row is read.
"""

from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from preciso import client_address, password_again
from preciso.clock import PROCESS_CLOCK, DatabaseNow
from preciso.http import is_poll
from training.models import AuditEvent, OpenSession

BEGAN, USED = "since", "seen"  # keys in a session; the values are seconds
NOTE_USE_EVERY = 60  # seconds
BROWSERS = {  # the first that matches counts; most browsers name others as well
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Whale/": "Whale",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def begin(request: Any, user: User) -> None:
    """Note a session that somebody has just opened with their password."""
    password_again.note_password(request)
    _note_begin(request, user)


def _note_begin(request: Any, user: User) -> None:
    now = int(PROCESS_CLOCK.corrected_time())
    request.session[BEGAN] = request.session[USED] = now
    if not request.session.session_key:
        request.session.create()
    agent = str(request.META.get("HTTP_USER_AGENT", ""))[:400]
    oldest = DatabaseNow() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    OpenSession.objects.filter(user=user, since__lt=oldest).delete()
    columns = {
        "user": user,
        "browser": _first_match(BROWSERS, agent),
        "system": _first_match(SYSTEMS, agent),
        "place": client_address.address(request),
    }
    OpenSession.objects.update_or_create(
        key=request.session.session_key,
        defaults=columns,
        create_defaults={**columns, "since": DatabaseNow(), "seen_at": DatabaseNow()},
    )


def _first_match(names: dict[str, str], agent: str) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")


def tend(request: Any) -> bool:
    """End a session that was idle too long or is too old; else note that it is used.

    Returns whether the session goes on. Requests that an open page sends by itself are
    no use. Writes at most once a minute, and reads no row to find that out.
    """
    if not request.session.session_key or not request.user.is_authenticated:
        return False
    now, began = int(PROCESS_CLOCK.corrected_time()), request.session.get(BEGAN)
    if began is None:  # opened before sessions were noted
        _note_begin(request, request.user)
        return True
    used = request.session.get(USED, began)
    is_idle = now - used > settings.SESSION_IDLE_MINUTES * 60
    if is_idle or now - began > settings.SESSION_COOKIE_AGE:
        logout(request)
        return False
    if now - used > NOTE_USE_EVERY and not is_poll(request):
        request.session[USED] = now
        OpenSession.objects.filter(key=request.session.session_key).update(
            seen_at=DatabaseNow(), place=client_address.address(request)
        )
    return True


def forget(request: Any) -> None:
    """Delete the row of this request's session, which is over."""
    if request is not None and hasattr(request, "session"):
        OpenSession.objects.filter(key=request.session.session_key or "").delete()


def of_person(person: User) -> QuerySet[OpenSession]:
    """The sessions that are still open, the one used last first."""
    oldest = DatabaseNow() - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return person.open_sessions.filter(seen_at__gte=oldest).order_by("-seen_at", "-pk")


@transaction.atomic
def end(row: OpenSession) -> None:
    """End one of somebody's sessions. Doing it twice changes nothing."""
    import_module(settings.SESSION_ENGINE).SessionStore().delete(row.key)
    row.delete()


def end_everywhere(person: User, *, by: User) -> int:
    """End all sessions of a person; returns how many."""
    keys = session_keys(person)
    with transaction.atomic():
        ended = end_sessions(person, keys)
        AuditEvent.objects.record(
            "person.signed_out", actor=by, subject=person, sessions=ended
        )
    return ended


def session_keys(person: User) -> set[str]:
    """The keys of every session of a person that may still hold; writes nothing.

    Slow with many sessions: whose a session is stands inside it, so all of them are
    opened. The rows of ``OpenSession`` may be younger than the oldest of them. Call it
    before the transaction that ends them.
    """
    # A day of margin: Django itself goes by the process's clock.
    yesterday = DatabaseNow() - timedelta(days=1)
    return {
        session.session_key
        for session in Session.objects.filter(expire_date__gt=yesterday).iterator()
        if session.get_decoded().get(SESSION_KEY) == str(person.pk)
    }


def end_sessions(person: User, keys: set[str], *, but: str = "") -> int:
    """End these sessions, and every one that was noted since; returns how many.

    ``keys`` are ``session_keys`` from before the transaction; the session with the key
    ``but`` goes on.
    """
    rows = OpenSession.objects.filter(user=person).exclude(key=but)
    keys = keys.union(rows.values_list("key", flat=True)) - {but}
    ended, _by_model = Session.objects.filter(pk__in=keys).delete()
    rows.delete()
    return ended
