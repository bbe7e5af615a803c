"""Who a request is from: the person, the token, the address, the route."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from preciso import client_address

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@dataclass(frozen=True)
class Visit:
    """All of it bounded, whatever a client sends; no person: a stranger."""

    person: User | None = None
    token: str = ""
    address: str = ""
    route: str = ""


def turn_away(request: Any) -> None:
    """A page says in its own words that this person may not: counted as a 403 is."""
    request.turned_away = True


def was_turned_away(request: Any) -> bool:
    return bool(getattr(request, "turned_away", False))


def visit_of(request: Any) -> Visit:
    """Of a request of Django or of REST framework; None is the command line."""
    if request is None:
        return Visit()
    user = getattr(request, "user", None)
    token = getattr(getattr(request, "auth", None), "token", None)
    return Visit(
        person=user if isinstance(user, User) else None,
        token=str(getattr(token, "prefix", "")),
        address=client_address.address(request),
        route=_route(request),
    )


def _route(request: HttpRequest) -> str:
    """By its pattern: as many as there are routes, not as there are addresses."""
    method = request.method if request.method in METHODS else "OTHER"
    match = getattr(request, "resolver_match", None)
    return f"{method} /{match.route if match else ''}"[:120]
