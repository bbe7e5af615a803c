"""People: added, given roles, switched off and on again, a password made anew.

Who changes people needs ``auth.add_user`` or ``auth.change_user``, which the adapters
ask for. What no right allows is refused here and in ``roles``.
"""

import secrets
from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from training.errors import InvalidInput, NotAllowedNow, StaleState
from training.models import AuditEvent
from training.models.accounts import SUFFIX, is_service_account
from training.services.people import rights_events
from training.services.people.actor_checks import asks_password
from training.services.people.roles import (
    one_at_a_time,
    refuse_beyond,
    refuse_oneself,
    refuse_rights_beyond,
    refuse_without_administrator,
    rights_of_roles,
)
from training.services.people.tokens import end_tokens
from training.services.sign_in.guard import open_for
from training.services.sign_in.sessions import end_all

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look like another
STAFF_ROLES = frozenset({"Operator", "Admin"})  # they may open the admin as well


def new_password() -> str:
    """About 79 bits, in four groups that can be read out."""
    letters = [secrets.choice(LETTERS) for _place in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


@asks_password
@transaction.atomic
def add_person(
    username: str, *, by: User, name: str = "", roles: Iterable[Group] = ()
) -> tuple[User, str]:
    """A new person and their first password, which is kept nowhere.

    Raises InvalidInput for a name that is taken or cannot be one, Forbidden for roles
    beyond one's own.
    """
    by, roles = one_at_a_time(by), list(roles)
    refuse_rights_beyond(by, rights_of_roles(roles))
    person = User(username=username, first_name=name, is_staff=_open_the_admin(roles))
    check_columns(person)
    if is_service_account(person):
        raise InvalidInput(
            _("A name that ends in %(suffix)s is a service account's.")
            % {"suffix": SUFFIX}
        )
    if User.objects.filter(username__iexact=username).exists():
        raise InvalidInput(
            _("There is somebody with the user name %(name)s already.")
            % {"name": username}
        )
    password = new_password()
    person.set_password(password)
    person.save()
    person.groups.set(roles)
    rights_events.tell("person.created", person, by=by, roles=_names(roles))
    return person, password


@transaction.atomic
def tell_made_by_hand(person: User) -> None:
    """Somebody whom a command of the operator's shell has made."""
    roles = list(person.groups.all())
    rights_events.tell("person.created", person, by=None, roles=_names(roles))


@asks_password
@transaction.atomic
def change_roles(
    person: User, roles: Iterable[Group], *, by: User, seen: Iterable[str] | None = None
) -> User:
    """Give a person these roles and no others; the same again changes nothing.

    ``seen``: the roles that were shown. Raises StaleState if others are held by now,
    Forbidden for oneself and beyond one's own rights, NotAllowedNow for the last
    administrator.
    """
    roles = list(roles)
    by = one_at_a_time(by)
    held, was = list(person.groups.all()), rights_events.proof(person)
    if seen is not None and set(seen) != set(_names(held)):
        raise StaleState(
            _("Somebody changed these roles meanwhile. Look again; nothing was done.")
        )
    if set(roles) == set(held):
        return person
    refuse_oneself(by, person)
    refuse_beyond(by, person)
    now, then = rights_of_roles(held), rights_of_roles(roles)
    refuse_rights_beyond(by, then - now)
    person.groups.set(roles)
    may_open = _open_the_admin(roles) and not is_service_account(person)
    if may_open != person.is_staff:
        person.is_staff = may_open
        person.save(update_fields=["is_staff"])
    refuse_without_administrator()
    rights_events.tell(
        "person.roles_changed",
        person,
        by=by,
        was=was,
        before={"roles": _names(held)},
        after={"roles": _names(roles)},
        gained=sorted(then - now),
        lost=sorted(now - then),
    )
    return person


@asks_password
@transaction.atomic
def switch_off(person: User, *, by: User) -> User:
    """End what a person can do, at once: sessions and tokens end for good.

    Twice changes nothing. Raises NotAllowedNow for oneself and for the last
    administrator, Forbidden for somebody with more rights.
    """
    if person.pk == by.pk:
        raise NotAllowedNow(_("Nobody switches themselves off; ask somebody else to."))
    by = one_at_a_time(by)
    refuse_beyond(by, person)
    was = rights_events.proof(person)
    if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        refuse_without_administrator()
        end_tokens(person, by=by)
        end_all(person)
        rights_events.tell("person.switched_off", person, by=by, was=was)
    person.refresh_from_db()
    return person


@asks_password
@transaction.atomic
def switch_on(person: User, *, by: User) -> User:
    """Let a person sign in again, with the password they had. Twice is once."""
    by = one_at_a_time(by)
    refuse_beyond(by, person)
    was = rights_events.proof(person)
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        rights_events.tell("person.switched_on", person, by=by, was=was)
    person.refresh_from_db()
    return person


@asks_password
@transaction.atomic
def reset_password(person: User, *, by: User) -> str:
    """A new password, which is kept nowhere; their sessions and tokens end.

    Also opens a sign-in that too many wrong passwords have closed. Raises
    NotAllowedNow for oneself, Forbidden for somebody with more rights.
    """
    if person.pk == by.pk:
        raise NotAllowedNow(_("Your own password is changed in your profile."))
    if is_service_account(person):
        raise NotAllowedNow(_("A service account has no password; make it a token."))
    by = one_at_a_time(by)
    refuse_beyond(by, person)
    password = new_password()
    person.set_password(password)
    person.save(update_fields=["password"])
    end_all(person)
    end_tokens(person, by=by)
    open_for(person)
    AuditEvent.objects.record("person.password_reset", actor=by, subject=person)
    return password


@transaction.atomic
def choose_password(person: User, password: str, *, here: str = "") -> None:
    """One's own, already checked. ``here`` is the session that goes on.

    All others and every token of theirs end: who knew the old one may have made them.
    """
    person.set_password(password)
    person.save(update_fields=["password"])
    end_all(person, but=here)
    end_tokens(person, by=person)
    AuditEvent.objects.record("person.password_changed", actor=person, subject=person)


@transaction.atomic
def rename(person: User, name: str, *, by: User) -> None:
    """The name that everybody reads; the user name stays. The same is no change."""
    before = person.get_full_name()
    if name == before:
        return
    person.first_name, person.last_name = name, ""
    check_columns(person)
    person.save(update_fields=["first_name", "last_name"])
    AuditEvent.objects.record(
        "person.renamed",
        actor=by,
        subject=person,
        before={"name": before},
        after={"name": name},
    )


def check_columns(person: User) -> None:
    """Raises InvalidInput with the first complaint about a column."""
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as refusal:
        raise InvalidInput(next(iter(refusal.message_dict.values()))[0]) from refusal


def _open_the_admin(roles: list[Group]) -> bool:
    return any(role.name in STAFF_ROLES for role in roles)


def _names(roles: Iterable[Group]) -> list[str]:
    return sorted(role.name for role in roles)
