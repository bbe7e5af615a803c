"""Who is here, in which roles, what a change of roles means, and what was done."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.utils.functional import Promise

from mlops.pages.shared import audit_trail
from mlops.pages.shared.rights import MatrixRow, matrix, rights_in_words
from mlops.policy_text import role_words
from training.models import ApiToken, AuditEvent
from training.services.people.roles import rights_of_roles

MOST_HISTORY = 10


@dataclass(frozen=True)
class RolesReview:
    """A change of roles before it is made: roles in words, rights gained and lost."""

    before: str
    after: str
    current_names: list[str]
    gained: list[str | Promise]
    lost: list[str | Promise]

    @property
    def changes_anything(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class RoleMatrix:
    """What each role may do."""

    roles: list[Group]
    groups: list[tuple[str | Promise, list[MatrixRow]]]


def people() -> list[User]:
    """Everybody; who is switched off comes last."""
    return list(
        User.objects.prefetch_related("groups").order_by("-is_active", "username")
    )


def roles_that_may(permission: str) -> list[str]:
    """The roles with this permission (``app.codename``), in alphabetical order."""
    app, codename = permission.split(".")
    roles = Group.objects.filter(
        permissions__content_type__app_label=app, permissions__codename=codename
    )
    return list(roles.order_by("name").values_list("name", flat=True))


def roles_matrix() -> RoleMatrix:
    groups = Group.objects.prefetch_related("permissions__content_type")
    roles = list(groups.order_by("name"))
    return RoleMatrix(roles, matrix(roles))


def roles_review(person: User, roles: Iterable[Group]) -> RolesReview:
    """What it would mean if ``person`` had these roles and no others."""
    held, new_roles = list(person.groups.order_by("name")), list(roles)
    now, then = rights_of_roles(held), rights_of_roles(new_roles)
    return RolesReview(
        before=role_words(role.name for role in held),
        after=role_words(sorted(role.name for role in new_roles)),
        current_names=[role.name for role in held],
        gained=rights_in_words(then - now),
        lost=rights_in_words(now - then),
    )


def tokens_of(person: User) -> list[ApiToken]:
    """The ones that have not been revoked, newest first."""
    return list(person.api_tokens.filter(revoked_at=None).order_by("-created_at"))


def history_of(person: User) -> list[audit_trail.TrailEntry]:
    """What was done to a person, newest first."""
    about = AuditEvent.objects.for_table().about(person)
    return audit_trail.entries(
        list(about.filter(action__startswith="person.")[:MOST_HISTORY])
    )
