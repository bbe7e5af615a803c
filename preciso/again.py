"""The password once more before what would hurt most in a stranger's hands."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from preciso.middleware import page_of

PROVED = "proved"  # of a session: when the password was typed, in seconds

P = ParamSpec("P")


def note_password(request: Any) -> None:
    request.session[PROVED] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether the password was typed in this session some minutes ago at most."""
    proved = request.session.get(PROVED, 0)
    return bool(time.time() - proved <= settings.PASSWORD_AGAIN_MINUTES * 60)


def ask(request: HttpRequest) -> HttpResponse:
    """To the page that asks for it, and then back to where the person was."""
    back = urlencode({"next": page_of(request)})
    url = f"{reverse('password-again')}?{back}"
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(url)
    return redirect(url)


def password_again(
    view: Callable[Concatenate[Any, P], HttpResponse],
) -> Callable[Concatenate[Any, P], HttpResponse]:
    """Decorates a view that does nothing until the password was typed lately."""

    @wraps(view)
    def answer(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_fresh(request):
            return ask(request)
        return view(request, *args, **kwargs)

    return answer
