"""What people and roles may do, and the limits on changing it.

Nobody changes their own rights, gives a right that they lack, changes somebody who may
do more, or removes the last administrator. Pages and admin call these services; the
operator's shell is not limited.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from training.errors import Forbidden, NotAllowedNow
from training.models.accounts import SUFFIX, name_of
from training.services.people import rights_events
from training.services.people.actor_checks import asks_password

SUPERUSER, STAFF = "is_superuser", "is_staff"  # columns that are rights as well
BACKEND = "django.contrib.auth.backends.ModelBackend"


def rights_of_roles(roles: Iterable[Group]) -> set[str]:
    """The permissions of these roles together, as ``app.codename``."""
    return _permission_names(Permission.objects.filter(group__in=list(roles)))


def rights_of(person: User) -> set[str]:
    """The permissions of a person, also while they are switched off."""
    is_theirs = Q(user=person) | Q(group__user=person)
    return _permission_names(Permission.objects.filter(is_theirs))


def _permission_names(permissions: QuerySet[Permission]) -> set[str]:
    names = permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}


def people_who_may(permission: str) -> QuerySet[User]:
    """Every active person with this right, by user name; no service account."""
    users = User.objects.with_perm(permission, backend=BACKEND)
    return users.exclude(username__iendswith=SUFFIX).order_by("username")


def is_within_reach(person: User, *, by: User) -> bool:
    """Whether ``by`` may change this person: they must not have more rights."""
    if by.is_superuser:
        return True
    return not person.is_superuser and rights_of(person) <= by.get_all_permissions()


def is_role_within_reach(role: Group, *, by: User) -> bool:
    """Whether ``by`` may change this role: not one they hold or with more rights."""
    if _holds(role, by):
        return False
    return by.is_superuser or rights_of_roles([role]) <= by.get_all_permissions()


def is_deletable(role: Group) -> bool:
    """Whether nobody holds the role; ``delete_role`` looks again under the lock."""
    return not role.user_set.exists()


def _holds(role: Group, person: User) -> bool:
    return person.groups.filter(pk=role.pk).exists()


def administrators() -> QuerySet[User]:
    """Every active person who can change people; no service account signs in."""
    by_role = Q(groups__permissions__codename="change_user")
    by_name = Q(user_permissions__codename="change_user")
    users = User.objects.filter(Q(is_superuser=True) | by_role | by_name)
    return users.filter(is_active=True).exclude(username__iendswith=SUFFIX).distinct()


def lock_rights(by: User) -> User:
    """Wait for every other change of rights, then read again who acts.

    Of two administrators who take each other's role away the second one waits, and then
    has only the rights that the first one left. Raises Forbidden for who was switched
    off meanwhile.
    """
    # One row stands for all rights: the permission to change people, which always
    # exists. A lock on the changed person alone would not order two who change each
    # other.
    permissions = Permission.objects.select_for_update(of=("self",))
    permissions.get(content_type__app_label="auth", codename="change_user")
    by = User.objects.get(pk=by.pk)
    if not by.is_active:
        raise Forbidden(_("You have been switched off meanwhile."))
    return by


@asks_password
def begin_edit(by: User) -> User:
    """Call it before a form writes people or roles; see ``finish_edit``."""
    return lock_rights(by)


def refuse_oneself(by: User, person: User) -> None:
    if by.pk == person.pk:
        raise Forbidden(
            _("Nobody changes their own rights; ask somebody else who may."),
            code="own_rights",
        )


def refuse_own_role(by: User, role: Group) -> None:
    if _holds(role, by):
        raise Forbidden(
            _("You hold this role; somebody who does not hold it has to change it."),
            code="own_rights",
        )


def refuse_beyond(by: User, person: User) -> None:
    if not is_within_reach(person, by=by):
        raise Forbidden(
            _("%(person)s may do more than you; somebody who may as much has to do it.")
            % {"person": name_of(person)}
        )


def refuse_rights_beyond(by: User, rights: set[str]) -> None:
    if not by.is_superuser and not rights <= by.get_all_permissions():
        raise Forbidden(_("You can only give what you may do yourself."))


def refuse_without_administrator() -> None:
    if not administrators().exists():
        raise NotAllowedNow(
            _("Then nobody could manage people any more. Give somebody else the role.")
        )


@dataclass(frozen=True)
class StoredRights:
    """The rights of a person or a role in the tables, and the hash of the record."""

    rights: frozenset[str] = frozenset()
    sha256: str = ""  # for what is not stored yet


def stored_rights(holder: User | Group) -> StoredRights:
    """Read after ``lock_rights``. A person's rights include superuser and staff."""
    if isinstance(holder, Group):
        rights = rights_of_roles([holder])
    else:
        row = User.objects.filter(pk=holder.pk).values(SUPERUSER, STAFF).first() or {}
        rights = rights_of(holder) | {name for name, is_set in row.items() if is_set}
    return StoredRights(frozenset(rights), rights_events.rights_sha256(holder))


@transaction.atomic
def finish_edit(holder: User | Group, before: StoredRights, *, by: User) -> None:
    """After a form wrote rights: refuse what is not allowed, or record each right.

    ``before`` is ``stored_rights`` from before the form, read after ``begin_edit``.
    Raises Forbidden or NotAllowedNow; the caller rolls back what the form wrote.
    """
    after = stored_rights(holder)
    kind = "role" if isinstance(holder, Group) else "person"
    if after.rights != before.rights:
        by = User.objects.get(pk=by.pk)  # with the rights that the form left them
        if isinstance(holder, Group):
            refuse_own_role(by, holder)
        else:
            refuse_oneself(by, holder)
        refuse_rights_beyond(by, set(before.rights | after.rights))
        refuse_without_administrator()
        rights_events.record_rights(
            f"{kind}.rights_changed",
            holder,
            by=by,
            previous_sha256=before.sha256,
            gained=sorted(after.rights - before.rights),
            lost=sorted(before.rights - after.rights),
        )
    elif after.sha256 != before.sha256:  # its name alone, or a role without a right
        change = "renamed" if before.sha256 else "created"
        rights_events.record_rights(
            f"{kind}.{change}", holder, by=by, previous_sha256=before.sha256
        )


@asks_password
@transaction.atomic
def delete_role(role: Group, *, by: User) -> None:
    """Delete a role. Raises NotAllowedNow where somebody holds it."""
    lock_rights(by)
    if not is_deletable(role):
        raise NotAllowedNow(_("Somebody holds this role; take it from them first."))
    rights_events.record_deletion(
        "role.deleted",
        role,
        by=by,
        previous_sha256=rights_events.rights_sha256(role),
    )
    role.delete()
