"""Events for the roles that ``migrate`` changes.

A new version gives roles the rights to its new models, outside of any service.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.db.models.signals import post_migrate, pre_migrate

from training.services.people import rights_events
from training.services.people.roles import rights_of_roles

logger = logging.getLogger(__name__)
_before: dict[str, dict[int, "RoleRights"]] = {}


@dataclass(frozen=True)
class RoleRights:
    """A role, its permissions as ``app.codename``, and the hash of its record."""

    role: Group
    rights: frozenset[str]
    sha256: str


def keep_roles(app: AppConfig) -> None:
    """At start-up: have every ``migrate`` record which roles it changed."""
    pre_migrate.connect(_remember_roles, sender=app, weak=False)
    post_migrate.connect(_record_changes, sender=app, weak=False)


def _remember_roles(using: str, **_kwargs: Any) -> None:
    _before.pop(using, None)
    try:
        with transaction.atomic(using=using):
            if using == DEFAULT_DB_ALIAS:
                _before[using] = _all_roles()
    except DatabaseError:
        logger.debug("There are no roles yet.")


def _all_roles() -> dict[int, RoleRights]:
    return {
        role.pk: RoleRights(
            role,
            frozenset(rights_of_roles([role])),
            rights_events.rights_sha256(role),
        )
        for role in Group.objects.order_by("pk")
    }


def _record_changes(using: str, **_kwargs: Any) -> None:
    before = _before.pop(using, None)
    if before is None:  # a fresh database: the worker takes its roles over
        return
    try:
        with transaction.atomic(using=using):
            _record_differences(before, _all_roles())
    except DatabaseError:  # the audit table is of another version
        logger.exception("Which roles were changed could not be written down.")


def _record_differences(
    before: dict[int, RoleRights], after: dict[int, RoleRights]
) -> None:
    for pk in sorted(before.keys() - after.keys()):
        old = before[pk]
        rights_events.record_deletion(
            "role.deleted", old.role, by=None, previous_sha256=old.sha256
        )
    for pk, new in after.items():
        previous = before.get(pk)
        if previous is not None and previous.sha256 == new.sha256:
            continue
        rights = previous.rights if previous else frozenset()
        rights_events.record_rights(
            "role.rights_changed",
            new.role,
            by=None,
            previous_sha256=previous.sha256 if previous else "",
            gained=sorted(new.rights - rights),
            lost=sorted(rights - new.rights),
        )
