"""Asking for the password again before the actions that a thief would want most.

When the password was typed is stored in the session. The fields of the form that was
sent stay in the page that asks for the password, and are sent again with it.
"""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict

from preciso.clock import PROCESS_CLOCK

TYPED_AT = "proved"  # key in the session: when the password was typed, in seconds
FIELD = "password_again"  # sent along with the fields of any form
MOST_FIELDS, MOST_CHARACTERS = 1000, 200_000
CSRF = "csrfmiddlewaretoken"
SECRET = re.compile("passw|secret", re.IGNORECASE)

Fields = list[tuple[str, str]]


def note_password(request: Any) -> None:
    """Store in the session that the password was typed just now."""
    request.session[TYPED_AT] = int(PROCESS_CLOCK.corrected_time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether it was typed in this session within ``PASSWORD_AGAIN_MINUTES``."""
    typed_at = request.session.get(TYPED_AT, 0)
    age = PROCESS_CLOCK.corrected_time() - typed_at
    return bool(age <= settings.PASSWORD_AGAIN_MINUTES * 60)


def pop_password(request: HttpRequest) -> str:
    """The password that was sent along; the form is left as it is without one."""
    rest = request.POST.copy()
    typed = str(rest.pop(FIELD)[-1])
    request.POST = QueryDict(rest.urlencode(), encoding=request.encoding)
    return typed


def fields_to_repeat(request: HttpRequest) -> Fields | None:
    """All fields of the form, to be sent again, or None if it cannot be repeated.

    Files, secrets and very large forms must not be written into a page, and a form
    without some of its fields would be another form.
    """
    fields = [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name not in (CSRF, FIELD)
    ]
    size = sum(len(name) + len(value) for name, value in fields)
    too_much = len(fields) > MOST_FIELDS or size > MOST_CHARACTERS
    if request.FILES or too_much or any(SECRET.search(name) for name, _value in fields):
        return None
    return fields
