"""Roles that ``migrate`` changes: a new version gives them rights to what is new."""

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
_before: dict[str, dict[int, "Known"]] = {}


@dataclass(frozen=True)
class Known:
    role: Group
    rights: frozenset[str]
    sha256: str


def keep_roles(app: AppConfig) -> None:
    """At start-up: every ``migrate`` tells the trail which roles it changed."""
    pre_migrate.connect(_look, sender=app, weak=False)
    post_migrate.connect(_tell, sender=app, weak=False)


def _look(using: str, **_kwargs: Any) -> None:
    _before.pop(using, None)
    try:
        with transaction.atomic(using=using):
            if using == DEFAULT_DB_ALIAS:
                _before[using] = _known()
    except DatabaseError:
        logger.debug("There are no roles yet.")


def _known() -> dict[int, Known]:
    return {
        role.pk: Known(
            role, frozenset(rights_of_roles([role])), rights_events.proof(role)
        )
        for role in Group.objects.order_by("pk")
    }


def _tell(using: str, **_kwargs: Any) -> None:
    before = _before.pop(using, None)
    if before is None:  # a fresh database: the worker takes its roles over
        return
    try:
        with transaction.atomic(using=using):
            _tell_changes(before, _known())
    except DatabaseError:  # the trail's table is of another version
        logger.exception("Which roles were changed could not be written down.")


def _tell_changes(before: dict[int, Known], after: dict[int, Known]) -> None:
    for pk in sorted(before.keys() - after.keys()):
        was = before[pk]
        rights_events.tell_gone("role.deleted", was.role, by=None, was=was.sha256)
    for pk, now in after.items():
        had = before.get(pk)
        if had is not None and had.sha256 == now.sha256:
            continue
        rights = had.rights if had else frozenset()
        rights_events.tell(
            "role.rights_changed",
            now.role,
            by=None,
            was=had.sha256 if had else "",
            gained=sorted(now.rights - rights),
            lost=sorted(rights - now.rights),
        )
