"""Ceilings on requests for each minute, far above what an ordinary script sends.

They are counted in the memory of one web process, so that no request waits for a count.
"""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from preciso import client_address

WINDOW = 60  # seconds


def _count(kind: str, sender: object) -> int:
    """Count one more in this minute, and return how many there are."""
    key = f"{kind}:{sender}:{int(time.time()) // WINDOW}"
    cache.add(key, 0, timeout=2 * WINDOW)
    return cache.incr(key)


def _seconds_left() -> float:
    """Until the next minute begins and counting starts at zero."""
    return WINDOW - time.time() % WINDOW


class PerUserThrottle(BaseThrottle):
    """At most ``API_REQUESTS_PER_MINUTE`` requests of one person, or of one place."""

    def allow_request(self, request: Request, view: Any) -> bool:
        sender = request.user.pk or _place(request)
        limit: int = settings.API_REQUESTS_PER_MINUTE
        return _count("api-requests", sender) <= limit

    def wait(self) -> float:
        return _seconds_left()


def note_bad_token(request: Request) -> float:
    """Count a token that nobody has; the seconds to wait, 0 below the ceiling.

    Nobody can guess a token: the ceiling only bounds the noise.
    """
    count = _count("bad-tokens", _place(request))
    return _seconds_left() if count > settings.BAD_TOKENS_PER_MINUTE else 0.0


def _place(request: Request) -> str:
    return client_address.network(client_address.address(request))
