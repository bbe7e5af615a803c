"""The password once more before what would hurt most in a stranger's hands.

When it was typed is kept in the session; what a form had sent is kept in the page that
asks for it, and sent again with the password.
"""

import re
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict

PROVED = "proved"  # of a session: when the password was typed, in seconds
FIELD = "password_again"  # comes along with the fields of any form
MOST_FIELDS, MOST_CHARACTERS = 1000, 200_000
CSRF = "csrfmiddlewaretoken"
SECRET = re.compile("passw|secret", re.IGNORECASE)

Fields = list[tuple[str, str]]


def note_password(request: Any) -> None:
    request.session[PROVED] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether the password was typed in this session some minutes ago at most."""
    proved = request.session.get(PROVED, 0)
    return bool(time.time() - proved <= settings.PASSWORD_AGAIN_MINUTES * 60)


def take_typed(request: HttpRequest) -> str:
    """The password that came along; from here on the form is as it was without."""
    rest = request.POST.copy()
    typed = str(rest.pop(FIELD)[-1])
    request.POST = QueryDict(rest.urlencode(), encoding=request.encoding)
    return typed


def kept(request: HttpRequest) -> Fields | None:
    """What the form sent, to be sent again; None where it is not to be written into a
    page: a file, a secret, too much. A part of it would be another form."""
    sent = [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name not in (CSRF, FIELD)
    ]
    size = sum(len(name) + len(value) for name, value in sent)
    too_much = len(sent) > MOST_FIELDS or size > MOST_CHARACTERS
    if request.FILES or too_much or any(SECRET.search(name) for name, _value in sent):
        return None
    return sent
