"""Checks on who acts: a person rather than a program, with a recent password.

Reads only the current actor; writes nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from preciso import action_origin
from training.errors import Forbidden, PasswordNeeded
from training.models.accounts import is_service_account

P = ParamSpec("P")
R = TypeVar("R")


def require_a_person(by: User) -> None:
    """Raises Forbidden (``person_needed``) for a token and for a service account.

    Whoever holds a token acts in its owner's name; as one of two people that would let
    one person be both.
    """
    if action_origin.current().token or is_service_account(by):
        raise Forbidden(
            _(
                "A person has to do this, signed in; a token or a service account "
                "does not count as one."
            ),
            code="person_needed",
        )


def require_password() -> None:
    """Raises PasswordNeeded in a session in which it was not typed lately.

    Otherwise whoever finds an unattended screen could act. Tokens and the operator's
    shell have no password to type, so they pass.
    """
    actor = action_origin.current()
    if actor.is_session and not actor.password_is_fresh:
        raise PasswordNeeded


def asks_password(verb: Callable[P, R]) -> Callable[P, R]:
    """Decorate a service with ``require_password``, whichever adapter calls it.

    Put it outside ``transaction.atomic``, so that a refusal opens no transaction.
    """

    @wraps(verb)
    def with_password(*args: P.args, **kwargs: P.kwargs) -> R:
        require_password()
        return verb(*args, **kwargs)

    vars(with_password)["asks_password"] = True
    return with_password
