"""Where it has to be a person who acts: the one in front of a page, signed in."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from preciso import acting
from training.errors import Forbidden
from training.models.accounts import is_service_account


def require_a_person(by: User) -> None:
    """Raises Forbidden (``person_needed``) for a token and for a service account.

    Whoever holds a token acts in its owner's name; as one of two people that would let
    one person be both.
    """
    if acting.current().token or is_service_account(by):
        raise Forbidden(
            _(
                "A person has to do this, signed in; a token or a service account "
                "does not count as one."
            ),
            code="person_needed",
        )
