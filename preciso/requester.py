"""Who sent a request: the person, the token, the address and the route."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from preciso import client_address

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
LONGEST_ROUTE = 120


@dataclass(frozen=True)
class Requester:
    """Every text is bounded, whatever a client sends; without a person: a stranger.

    ``token`` is the prefix of the API token; ``route`` is the method and the pattern of
    the address, so that there are as many as the application has routes.
    """

    person: User | None = None
    token: str = ""
    address: str = ""
    route: str = ""


def requester_of(request: Any) -> Requester:
    """Of a request of Django or of REST framework; None is the command line."""
    if request is None:
        return Requester()
    user = getattr(request, "user", None)
    token = getattr(getattr(request, "auth", None), "token", None)
    method = request.method if request.method in METHODS else "OTHER"
    match = getattr(request, "resolver_match", None)
    route = f"{method} /{match.route if match else ''}"
    return Requester(
        person=user if isinstance(user, User) else None,
        token=str(getattr(token, "prefix", "")),
        address=client_address.address(request),
        route=route[:LONGEST_ROUTE],
    )


def mark_refused(request: Any) -> None:
    """Note that the answer is a refusal, although its status is not 403.

    A page that explains in its place why somebody may not do something calls this, so
    that the refusal is counted in the access log.
    """
    request.is_refused = True


def was_refused(request: Any) -> bool:
    return bool(getattr(request, "is_refused", False))
