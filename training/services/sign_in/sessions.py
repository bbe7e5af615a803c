"""Sessions: begun, seen, ended when idle, when old, or when somebody says so."""

import time
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from preciso import client_address, password_again
from preciso.http import is_poll
from training.models import AuditEvent, OpenSession

SINCE, SEEN = "since", "seen"  # of a session: seconds, so that no row is asked
SEEN_EVERY = 60
BROWSERS = {  # the first that the client names; most call themselves others as well
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
    _note(request, user)


def _note(request: Any, user: User) -> None:
    now = int(time.time())
    request.session[SINCE] = request.session[SEEN] = now
    if not request.session.session_key:
        request.session.create()
    told = str(request.META.get("HTTP_USER_AGENT", ""))[:400]
    oldest = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    OpenSession.objects.filter(user=user, since__lt=oldest).delete()
    OpenSession.objects.update_or_create(
        key=request.session.session_key,
        defaults={
            "user": user,
            "browser": _first(BROWSERS, told),
            "system": _first(SYSTEMS, told),
            "place": client_address.address(request),
        },
    )


def _first(names: dict[str, str], told: str) -> str:
    return next((name for mark, name in names.items() if mark in told), "")


def tend(request: Any) -> bool:
    """End a session that was idle too long or is too old; else note that it is used.

    Whether there is one that goes on.

    What an open page asks by itself is no use. At most one write a minute, and none
    that asks the database whether.
    """
    if not request.session.session_key or not request.user.is_authenticated:
        return False
    now, since = int(time.time()), request.session.get(SINCE)
    if since is None:  # opened before sessions were noted
        _note(request, request.user)
        return True
    seen = request.session.get(SEEN, since)
    idle = now - seen > settings.SESSION_IDLE_MINUTES * 60
    if idle or now - since > settings.SESSION_COOKIE_AGE:
        logout(request)
        return False
    if now - seen > SEEN_EVERY and not is_poll(request):
        request.session[SEEN] = now
        OpenSession.objects.filter(key=request.session.session_key).update(
            seen_at=timezone.now(), place=client_address.address(request)
        )
    return True


def forget(request: Any) -> None:
    """The session of this request is over."""
    if request is not None and hasattr(request, "session"):
        OpenSession.objects.filter(key=request.session.session_key or "").delete()


def of_person(person: User) -> QuerySet[OpenSession]:
    """Those that still hold, the one used last first."""
    oldest = timezone.now() - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return person.open_sessions.filter(seen_at__gte=oldest).order_by("-seen_at", "-pk")


@transaction.atomic
def end(row: OpenSession) -> None:
    """End one of somebody's sessions. Twice is once."""
    _store().SessionStore().delete(row.key)
    row.delete()


@transaction.atomic
def end_everywhere(person: User, *, by: User) -> int:
    """End all sessions of a person; returns of how many."""
    ended = end_all(person)
    AuditEvent.objects.record(
        "person.signed_out", actor=by, subject=person, sessions=ended
    )
    return ended


def end_all(person: User, *, but: str = "") -> int:
    """Every session but the one with this key. They say whose they are only inside, so
    all that still hold are opened: some may be older than their rows."""
    ended = 0
    holding = Session.objects.filter(expire_date__gt=timezone.now())
    for session in holding.exclude(session_key=but).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()
            ended += 1
    OpenSession.objects.filter(user=person).exclude(key=but).delete()
    return ended


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE)
