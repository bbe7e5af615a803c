"""A reason that somebody gives along with an act, as it was typed.

The service that keeps it says what is too long or missing.
"""

from django.http import HttpRequest


def typed_reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")


def seen_serving(request: HttpRequest) -> str | None:
    """What the person saw serving when they pressed; None where no form says."""
    return request.POST.get("expected_current") or None
