"""Another time of day, for code that asks ``timezone.now()``."""

from datetime import timedelta

from django.utils import timezone


class Clock:
    """Real time, or the moment it was set to."""

    def __init__(self, monkeypatch):
        self._real = timezone.now
        self._moment = None
        monkeypatch.setattr(timezone, "now", self)

    def __call__(self):
        return self._moment or self._real()

    def set(self, moment):
        self._moment = moment

    def advance(self, **duration):
        self._moment = self() + timedelta(**duration)
