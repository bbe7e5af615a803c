"""Signs of Django and the guard for the access log: who came, left, was kept out."""

from typing import Any

from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)

from preciso.requester import Requester, requester_of
from training.choices import AccessKind
from training.services.access import access_log
from training.services.sign_in import guard, sessions


def connect() -> None:
    user_logged_in.connect(_came_in, dispatch_uid="access-in")
    user_logged_out.connect(_left, dispatch_uid="access-out")
    user_login_failed.connect(_failed, dispatch_uid="access-failed")
    guard.locked_out.connect(_locked_out, dispatch_uid="access-locked")


def _came_in(sender: Any, request: Any, user: Any, **_more: Any) -> None:
    sessions.begin(request, user)
    access_log.note(AccessKind.SIGN_IN, _requester_of(request, person=user))


def _left(sender: Any, request: Any, user: Any, **_more: Any) -> None:
    sessions.forget(request)
    if user is not None:
        access_log.note(AccessKind.SIGN_OUT, _requester_of(request, person=user))


def _failed(sender: Any, credentials: Any, request: Any = None, **_more: Any) -> None:
    name = str(credentials.get("username") or "")
    access_log.count(AccessKind.SIGN_IN_FAILED, _requester_of(request), name=name)


def _locked_out(sender: Any, request: Any, username: Any, **_more: Any) -> None:
    access_log.count(
        AccessKind.LOCKED_OUT, _requester_of(request), name=str(username or "")
    )


def _requester_of(request: Any, person: Any = None) -> Requester:
    requester = requester_of(request)
    return Requester(person, address=requester.address, route=requester.route)
