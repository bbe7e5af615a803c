"""A ceiling no ordinary script meets: requests per person and minute."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from preciso import client_address

WINDOW = 60


class PerUserThrottle(BaseThrottle):
    """Counts in the memory of one web process, so that a request waits for nothing."""

    def allow_request(self, request: Request, view: Any) -> bool:
        window = int(time.time()) // WINDOW
        who = request.user.pk or client_address.network(client_address.address(request))
        key = f"api-requests:{who}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW)
        return bool(cache.incr(key) <= settings.API_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW


def note_bad_token(request: Request) -> float:
    """Count a token nobody has; the seconds to wait, where a place sent too many.

    In the memory of one process: a token cannot be guessed, this bounds the noise.
    """
    window = int(time.time()) // WINDOW
    key = (
        f"bad-tokens:{client_address.network(client_address.address(request))}:{window}"
    )
    cache.add(key, 0, timeout=2 * WINDOW)
    many = cache.incr(key) > settings.BAD_TOKENS_PER_MINUTE
    return WINDOW - time.time() % WINDOW if many else 0.0
