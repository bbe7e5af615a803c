"""What people and roles may do, and what of it nobody may change.

Nobody changes their own rights, gives what they have not, changes somebody who may do
more, or leaves nobody who can change people. Pages and admin come through here; the
operator's shell may do all of it.
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

SUPERUSER, STAFF = "is_superuser", "is_staff"  # told beside the names of permissions
BACKEND = "django.contrib.auth.backends.ModelBackend"


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


def people_who_may(permission: str) -> QuerySet[User]:
    """Every person active with this right, in alphabetical order; no program."""
    found = User.objects.with_perm(permission, backend=BACKEND)
    return found.exclude(username__iendswith=SUFFIX).order_by("username")


def is_within_reach(person: User, *, by: User) -> bool:
    """Nobody changes somebody who may do more than they may themselves."""
    if by.is_superuser:
        return True
    return not person.is_superuser and rights_of(person) <= by.get_all_permissions()


def administrators() -> QuerySet[User]:
    """Everybody active who can change people, and can sign in to do it."""
    by_role = Q(groups__permissions__codename="change_user")
    by_name = Q(user_permissions__codename="change_user")
    found = User.objects.filter(Q(is_superuser=True) | by_role | by_name)
    return found.filter(is_active=True).exclude(username__iendswith=SUFFIX).distinct()


def one_at_a_time(by: User) -> User:
    """Who acts, as they are once every other change of rights is done.

    Of two administrators who take each other's role away the second one waits, and then
    has only what the first has left them. The right to change people is the row they
    wait for. Raises Forbidden for who was switched off meanwhile.
    """
    right = Permission.objects.select_for_update(of=("self",))
    right.get(content_type__app_label="auth", codename="change_user")
    by = User.objects.get(pk=by.pk)
    if not by.is_active:
        raise Forbidden(_("You have been switched off meanwhile."))
    return by


@asks_password
def begin_edit(by: User) -> User:
    """Before a form writes people and roles: who acts, as they are now."""
    return one_at_a_time(by)


def refuse_oneself(by: User, person: User) -> None:
    if by.pk == person.pk:
        raise Forbidden(
            _("Nobody changes their own rights; ask somebody else who may."),
            code="own_rights",
        )


def refuse_own_role(by: User, role: Group) -> None:
    if by.groups.filter(pk=role.pk).exists():
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
class Stored:
    """What somebody or a role may do as the tables have it, and the hash of that."""

    rights: frozenset[str] = frozenset()
    sha256: str = ""  # nothing is stored


def stored(subject: User | Group) -> Stored:
    """Read it after ``one_at_a_time``. Of a person also being superuser or staff."""
    return Stored(frozenset(_stored_rights(subject)), rights_events.proof(subject))


def _stored_rights(subject: User | Group) -> set[str]:
    if isinstance(subject, Group):
        return rights_of_roles([subject])
    columns = User.objects.filter(pk=subject.pk).values(SUPERUSER, STAFF).first() or {}
    return rights_of(subject) | {name for name, on in columns.items() if on}


@transaction.atomic
def finish_edit(subject: User | Group, before: Stored, *, by: User) -> None:
    """After a form wrote rights: refuse what nobody may, or tell each right.

    ``before`` is ``stored`` of before, read after ``begin_edit``. Raises Forbidden
    or NotAllowedNow; whoever calls rolls back what the form wrote.
    """
    after = stored(subject)
    kind = "role" if isinstance(subject, Group) else "person"
    if after.rights != before.rights:
        _refuse_edit(subject, before.rights | after.rights, by=by)
        rights_events.tell(
            f"{kind}.rights_changed",
            subject,
            by=by,
            was=before.sha256,
            gained=sorted(after.rights - before.rights),
            lost=sorted(before.rights - after.rights),
        )
    elif after.sha256 != before.sha256:  # its name alone, or a role without a right
        what = "renamed" if before.sha256 else "created"
        rights_events.tell(f"{kind}.{what}", subject, by=by, was=before.sha256)


def _refuse_edit(subject: User | Group, rights: frozenset[str], *, by: User) -> None:
    by = User.objects.get(pk=by.pk)
    if isinstance(subject, Group):
        refuse_own_role(by, subject)
    else:
        refuse_oneself(by, subject)
    refuse_rights_beyond(by, set(rights))
    refuse_without_administrator()


@asks_password
@transaction.atomic
def delete_role(role: Group, *, by: User) -> None:
    """Raises NotAllowedNow where somebody holds it."""
    one_at_a_time(by)
    if role.user_set.exists():
        raise NotAllowedNow(_("Somebody holds this role; take it from them first."))
    rights_events.tell_gone("role.deleted", role, by=by, was=rights_events.proof(role))
    role.delete()
