"""The accounts of people: add, give roles, switch off and on, change a password.

The pages check that who acts has ``auth.add_user`` or ``auth.change_user``. What nobody
may do, whatever their rights, is refused here and in ``roles``.
"""

import secrets
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
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
    lock_rights,
    refuse_beyond,
    refuse_oneself,
    refuse_rights_beyond,
    refuse_without_administrator,
    rights_of_roles,
)
from training.services.people.tokens import end_tokens
from training.services.sign_in.guard import forget_failures
from training.services.sign_in.sessions import end_sessions, session_keys

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two of them look alike
STAFF_ROLES = frozenset({"Operator", "Admin"})  # these roles may open the admin


def new_password() -> str:
    """A random password of about 79 bits, in four groups that are easy to read out."""
    letters = [secrets.choice(LETTERS) for _index in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


@asks_password
def add_person(
    username: str, *, by: User, name: str = "", roles: Iterable[Group] = ()
) -> tuple[User, str]:
    """A new person and their first password, of which only a hash is stored.

    Raises InvalidInput for a name that is taken or cannot be one, Forbidden for roles
    beyond one's own.
    """
    roles = list(roles)
    person = User(username=username, first_name=name, is_staff=_may_open_admin(roles))
    password = new_password()
    person.set_password(password)  # slow on purpose, so before anything is locked
    with transaction.atomic():
        by = lock_rights(by)
        refuse_rights_beyond(by, rights_of_roles(roles))
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
        person.save()
        person.groups.set(roles)
        rights_events.record_rights(
            "person.created", person, by=by, roles=_names(roles)
        )
    return person, password


@transaction.atomic
def record_person_made_in_shell(person: User) -> None:
    """Write the event of a person whom a command of the operator's shell made."""
    roles = list(person.groups.all())
    rights_events.record_rights("person.created", person, by=None, roles=_names(roles))


@asks_password
@transaction.atomic
def change_roles(
    person: User,
    roles: Iterable[Group],
    *,
    by: User,
    expected: Iterable[str] | None = None,
) -> User:
    """Give a person these roles and no others; the same again changes nothing.

    ``expected``: the names of the roles that the page showed. Raises StaleState if the
    person has others by now, Forbidden for oneself and beyond one's own rights,
    NotAllowedNow for the last administrator.
    """
    roles = list(roles)
    by = lock_rights(by)
    current = list(person.groups.all())
    previous = rights_events.rights_sha256(person)
    if expected is not None and set(expected) != set(_names(current)):
        raise StaleState(
            _("Somebody changed these roles meanwhile. Look again; nothing was done.")
        )
    if set(roles) == set(current):
        return person
    refuse_oneself(by, person)
    refuse_beyond(by, person)
    old_rights, new_rights = rights_of_roles(current), rights_of_roles(roles)
    refuse_rights_beyond(by, new_rights - old_rights)
    person.groups.set(roles)
    is_staff = _may_open_admin(roles) and not is_service_account(person)
    if is_staff != person.is_staff:
        person.is_staff = is_staff
        person.save(update_fields=["is_staff"])
    refuse_without_administrator()
    rights_events.record_rights(
        "person.roles_changed",
        person,
        by=by,
        previous_sha256=previous,
        before={"roles": _names(current)},
        after={"roles": _names(roles)},
        gained=sorted(new_rights - old_rights),
        lost=sorted(old_rights - new_rights),
    )
    return person


@asks_password
def switch_off(person: User, *, by: User) -> User:
    """Switch a person off at once: their sessions and tokens end for good.

    Doing it twice changes nothing. Raises NotAllowedNow for oneself and for the last
    administrator, Forbidden for somebody with more rights.
    """
    if person.pk == by.pk:
        raise NotAllowedNow(_("Nobody switches themselves off; ask somebody else to."))
    sessions = session_keys(person)  # reads every session, so before any lock
    with transaction.atomic():
        by = lock_rights(by)
        refuse_beyond(by, person)
        previous = rights_events.rights_sha256(person)
        if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
            refuse_without_administrator()
            end_tokens(person, by=by)
            end_sessions(person, sessions)
            rights_events.record_rights(
                "person.switched_off", person, by=by, previous_sha256=previous
            )
    person.refresh_from_db()
    return person


@asks_password
@transaction.atomic
def switch_on(person: User, *, by: User) -> User:
    """Let a person sign in again with their old password; twice changes nothing."""
    by = lock_rights(by)
    refuse_beyond(by, person)
    previous = rights_events.rights_sha256(person)
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        rights_events.record_rights(
            "person.switched_on", person, by=by, previous_sha256=previous
        )
    person.refresh_from_db()
    return person


@asks_password
def reset_password(person: User, *, by: User) -> str:
    """Give a person a new password and return it; only its hash is stored.

    Their sessions and tokens end, and a sign-in that too many wrong passwords have
    closed is open again. Raises NotAllowedNow for oneself and for a service account,
    Forbidden for somebody with more rights.
    """
    if person.pk == by.pk:
        raise NotAllowedNow(_("Your own password is changed in your profile."))
    if is_service_account(person):
        raise NotAllowedNow(_("A service account has no password; make it a token."))
    password = new_password()
    # Both take long, so they come before anything is locked.
    hashed, sessions = make_password(password), session_keys(person)
    with transaction.atomic():
        by = lock_rights(by)
        refuse_beyond(by, person)
        _store_password(person, hashed)
        end_sessions(person, sessions)
        end_tokens(person, by=by)
        forget_failures(person)
        AuditEvent.objects.record("person.password_reset", actor=by, subject=person)
    return password


def choose_password(person: User, password: str, *, here: str = "") -> None:
    """Set one's own new password, which was validated before.

    ``here`` is the key of the session that goes on. All others and every token end,
    because somebody who knew the old password may have made them.
    """
    # Both take long, so they come before anything is locked.
    hashed, sessions = make_password(password), session_keys(person)
    with transaction.atomic():
        _store_password(person, hashed)
        end_sessions(person, sessions, but=here)
        end_tokens(person, by=person)
        AuditEvent.objects.record(
            "person.password_changed", actor=person, subject=person
        )


def _store_password(person: User, hashed: str) -> None:
    person.password = hashed
    person.save(update_fields=["password"])


@transaction.atomic
def rename(person: User, name: str, *, by: User) -> None:
    """Change the name that everybody reads; the user name stays."""
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
    """Raises InvalidInput with the first problem of a column's value."""
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as refusal:
        raise InvalidInput(next(iter(refusal.message_dict.values()))[0]) from refusal


def _may_open_admin(roles: list[Group]) -> bool:
    return any(role.name in STAFF_ROLES for role in roles)


def _names(roles: Iterable[Group]) -> list[str]:
    return sorted(role.name for role in roles)
