"""Service accounts: made within the rights of who makes them, owned by a person."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.translation import gettext as _

from preciso import limits
from training.errors import InvalidInput
from training.models import ServiceAccount
from training.models.accounts import SUFFIX, is_service_account
from training.services.people import rights_events
from training.services.people.actor_checks import asks_password, require_a_person
from training.services.people.roles import (
    lock_rights,
    refuse_rights_beyond,
    rights_of_roles,
)
from training.services.people.user_accounts import check_columns
from training.values import checked_text


@asks_password
@transaction.atomic
def add_account(
    name: str, *, by: User, owner: User, purpose: str = "", roles: Iterable[Group] = ()
) -> ServiceAccount:
    """An account for a program; it signs in with tokens alone.

    ``@service`` is added to the name. Raises InvalidInput for a name that is taken or
    cannot be one and for an owner who is no person, Forbidden for roles beyond one's
    own rights or where no person asks.
    """
    require_a_person(by)
    by, roles = lock_rights(by), list(roles)
    rights = rights_of_roles(roles)
    refuse_rights_beyond(by, rights)
    if is_service_account(owner) or not owner.is_active:
        raise InvalidInput(_("The owner has to be a person who may sign in."))
    purpose = checked_text(purpose, "purpose", limits.LABEL)
    user = User(username=name.removesuffix(SUFFIX) + SUFFIX)
    user.set_unusable_password()
    check_columns(user)
    if User.objects.filter(username__iexact=user.username).exists():
        raise InvalidInput(
            _("There is a service account with the name %(name)s already.")
            % {"name": user.username}
        )
    user.save()
    user.groups.set(roles)
    account = ServiceAccount.objects.create(user=user, owner=owner, purpose=purpose)
    rights_events.record_rights(
        "account.created",
        user,
        by=by,
        owner=owner.get_username(),
        purpose=purpose,
        roles=sorted(role.name for role in roles),
        gained=sorted(rights),
    )
    return account
