"""A ceiling no ordinary script meets: requests per person and minute."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW = 60


class PerUserThrottle(BaseThrottle):
    """Counts in the memory of one web process, so that a request waits for nothing."""

    def allow_request(self, request: Request, view: Any) -> bool:
        window = int(time.time()) // WINDOW
        key = f"api-requests:{request.user.pk or self.get_ident(request)}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW)
        return bool(cache.incr(key) <= settings.API_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW
