"""People: added, given roles, switched off and on again, a password made anew.

Who changes people needs ``auth.add_user`` or ``auth.change_user``, which the adapters
ask for. What no right allows is refused here: to change or make somebody who may do
more than oneself, to leave nobody who can change people, to switch oneself off.
"""

import secrets
from collections.abc import Iterable

from axes.utils import reset as open_the_sign_in
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from training.errors import Forbidden, InvalidInput, NotAllowedNow, StaleState
from training.models import ApiToken, AuditEvent
from training.services.tokens import revoke_token

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look like another
STAFF_ROLES = frozenset({"Operator", "Admin"})  # they may open the admin as well


def new_password() -> str:
    """About 79 bits, in four groups that can be read out."""
    letters = [secrets.choice(LETTERS) for _place in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def rights_of_roles(roles: Iterable[Group]) -> set[str]:
    """What somebody with these roles may do, as ``app.codename``."""
    return _written(Permission.objects.filter(group__in=list(roles)))


def rights_of(person: User) -> set[str]:
    """What a person may do, or could if switched on again."""
    theirs = Q(user=person) | Q(group__user=person)
    return _written(Permission.objects.filter(theirs))


def _written(permissions: QuerySet[Permission]) -> set[str]:
    names = permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}


def is_within_reach(person: User, *, by: User) -> bool:
    """Nobody changes somebody who may do more than they may themselves."""
    if by.is_superuser:
        return True
    return not person.is_superuser and rights_of(person) <= by.get_all_permissions()


def administrators() -> QuerySet[User]:
    """Everybody active who can change people."""
    by_role = Q(groups__permissions__codename="change_user")
    by_name = Q(user_permissions__codename="change_user")
    found = User.objects.filter(Q(is_superuser=True) | by_role | by_name)
    return found.filter(is_active=True).distinct()


@transaction.atomic
def add_person(
    username: str, *, by: User, name: str = "", roles: Iterable[Group] = ()
) -> tuple[User, str]:
    """A new person and their first password, which is kept nowhere.

    Raises InvalidInput for a name that is taken or cannot be one, Forbidden for roles
    beyond one's own.
    """
    roles = list(roles)
    _refuse_roles_beyond(by, roles)
    person = User(username=username, first_name=name, is_staff=_open_the_admin(roles))
    _check(person)
    if User.objects.filter(username__iexact=username).exists():
        raise InvalidInput(
            _("There is somebody with the user name %(name)s already.")
            % {"name": username}
        )
    password = new_password()
    person.set_password(password)
    person.save()
    person.groups.set(roles)
    AuditEvent.objects.record(
        "person.created", actor=by, subject=person, roles=_names(roles)
    )
    return person, password


@transaction.atomic
def change_roles(
    person: User, roles: Iterable[Group], *, by: User, seen: Iterable[str] | None = None
) -> User:
    """Give a person these roles and no others; the same again changes nothing.

    ``seen``: the roles that were shown. Raises StaleState if others are held by now,
    Forbidden beyond one's own rights, NotAllowedNow for the last administrator.
    """
    roles = list(roles)
    _one_at_a_time()
    held = list(person.groups.all())
    if seen is not None and set(seen) != set(_names(held)):
        raise StaleState(
            _("Somebody changed these roles meanwhile. Look again; nothing was done.")
        )
    _refuse_beyond(by, person)
    _refuse_roles_beyond(by, [role for role in roles if role not in held])
    if set(roles) == set(held):
        return person
    person.groups.set(roles)
    if _open_the_admin(roles) != _open_the_admin(held):
        person.is_staff = _open_the_admin(roles)
        person.save(update_fields=["is_staff"])
    _refuse_without_administrator()
    AuditEvent.objects.record(
        "person.roles_changed",
        actor=by,
        subject=person,
        before={"roles": _names(held)},
        after={"roles": _names(roles)},
    )
    return person


@transaction.atomic
def switch_off(person: User, *, by: User) -> User:
    """End what a person can do, at once: sessions and tokens end for good.

    Twice changes nothing. Raises NotAllowedNow for oneself and for the last
    administrator, Forbidden for somebody with more rights.
    """
    if person.pk == by.pk:
        raise NotAllowedNow(_("Nobody switches themselves off; ask somebody else to."))
    _one_at_a_time()
    _refuse_beyond(by, person)
    if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        _refuse_without_administrator()
        for token in ApiToken.objects.filter(user=person, revoked_at=None):
            revoke_token(token, by=by)
        _end_sessions(person)
        AuditEvent.objects.record("person.switched_off", actor=by, subject=person)
    person.refresh_from_db()
    return person


@transaction.atomic
def switch_on(person: User, *, by: User) -> User:
    """Let a person sign in again, with the password they had. Twice is once."""
    _refuse_beyond(by, person)
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        AuditEvent.objects.record("person.switched_on", actor=by, subject=person)
    person.refresh_from_db()
    return person


@transaction.atomic
def reset_password(person: User, *, by: User) -> str:
    """A new password, which is kept nowhere; whoever is signed in as them is out.

    Also opens a sign-in that too many wrong passwords have closed. Raises
    NotAllowedNow for oneself, Forbidden for somebody with more rights.
    """
    if person.pk == by.pk:
        raise NotAllowedNow(_("Your own password is changed in your profile."))
    _refuse_beyond(by, person)
    password = new_password()
    person.set_password(password)
    person.save(update_fields=["password"])
    _end_sessions(person)
    open_the_sign_in(username=person.get_username())
    AuditEvent.objects.record("person.password_reset", actor=by, subject=person)
    return password


@transaction.atomic
def choose_password(person: User, password: str) -> None:
    """One's own, already checked. Every other session of the person ends."""
    person.set_password(password)
    person.save(update_fields=["password"])
    AuditEvent.objects.record("person.password_changed", actor=person, subject=person)


@transaction.atomic
def rename(person: User, name: str, *, by: User) -> None:
    """The name that everybody reads; the user name stays. The same is no change."""
    before = person.get_full_name()
    if name == before:
        return
    person.first_name, person.last_name = name, ""
    _check(person)
    person.save(update_fields=["first_name", "last_name"])
    AuditEvent.objects.record(
        "person.renamed",
        actor=by,
        subject=person,
        before={"name": before},
        after={"name": name},
    )


def _check(person: User) -> None:
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as refusal:
        raise InvalidInput(next(iter(refusal.message_dict.values()))[0]) from refusal


def _one_at_a_time() -> None:
    """Of two administrators who take each other's role away, the second one waits.

    The right to change people is the row they wait for.
    """
    right = Permission.objects.select_for_update(of=("self",))
    right.get(content_type__app_label="auth", codename="change_user")


def _refuse_beyond(by: User, person: User) -> None:
    if not is_within_reach(person, by=by):
        raise Forbidden(
            _("%(person)s may do more than you; somebody who may as much has to do it.")
            % {"person": person.get_full_name() or person.get_username()}
        )


def _refuse_roles_beyond(by: User, roles: list[Group]) -> None:
    if not by.is_superuser and not rights_of_roles(roles) <= by.get_all_permissions():
        raise Forbidden(_("You can only give what you may do yourself."))


def _refuse_without_administrator() -> None:
    if not administrators().exists():
        raise NotAllowedNow(
            _("Then nobody could manage people any more. Give somebody else the role.")
        )


def _open_the_admin(roles: list[Group]) -> bool:
    return any(role.name in STAFF_ROLES for role in roles)


def _names(roles: Iterable[Group]) -> list[str]:
    return sorted(role.name for role in roles)


def _end_sessions(person: User) -> None:
    """They say whose they are only inside, so all that still hold are opened."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()
