"""Rules of the database that are not in force: found, told, put up again with a trace.

Whoever finds it tells: the worker, a web process when it starts, the setup checks.
``migrate`` takes the rules down and puts them up. What was not in force before it did
so is remembered, and written to the audit trail afterwards.
"""

import logging
import threading
from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import post_migrate, pre_migrate

from preciso import action_origin
from training.dbrules import Rule, put_up, take_down
from training.models import AuditEvent
from training.rule_findings import findings, know, known_rules
from training.services.audit.chain import chain_head

RULES_MISSING = "audit.rules_missing"
RULES_PUT_UP = "audit.rules_put_up"
LOCK = 0x5EA1_ED01
logger = logging.getLogger(__name__)
_before: dict[tuple[str, str], dict[str, str]] = {}


def watch_rules() -> dict[str, str]:
    """What is not in force: told once until that changes, however many look."""
    missing = findings(known_rules())
    if missing:
        try:
            with action_origin.through(action_origin.SYSTEM):  # whoever happens to look
                _record_once(missing)
        except DatabaseError:  # what was found is said all the same
            logger.exception("The rules not in force could not be written down.")
    return missing


def watch_web_rules() -> threading.Thread:
    """A web process looks once, beside its first requests."""

    def look() -> None:
        try:
            watch_rules()
        except Exception:
            logger.exception("The rules of the database could not be looked at.")
        finally:
            connection.close()

    thread = threading.Thread(target=look, name="preciso-rules", daemon=True)
    thread.start()
    return thread


@transaction.atomic
def _record_once(missing: dict[str, str]) -> None:
    if connection.vendor == "postgresql":  # SQLite has one writer at a time
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    about = AuditEvent.objects.filter(action__in=(RULES_MISSING, RULES_PUT_UP))
    last = about.order_by("-pk").first()
    if last is None or last.action != RULES_MISSING or last.detail["rules"] != missing:
        logger.error(
            "%d rules of the database are not in force: %s. Run: manage.py migrate.",
            len(missing),
            ", ".join(sorted(missing)),
        )
        _record(RULES_MISSING, missing)


def keep_rules(app: AppConfig, rules: Iterable[Rule]) -> None:
    """At start-up: make the rules of an app known, and stand aside for ``migrate``."""
    rules = list(rules)
    know(rules)

    def before(using: str, **_kwargs: Any) -> None:
        lower_rules(app.label, rules, using)

    def after(using: str, **_kwargs: Any) -> None:
        raise_rules(app.label, rules, using)

    # Nothing else holds these two, so the signal has to.
    pre_migrate.connect(before, sender=app, weak=False)
    post_migrate.connect(after, sender=app, weak=False)


def lower_rules(app: str, rules: Iterable[Rule], using: str) -> None:
    """Before a migration; remembers which of them were not up, or not as written."""
    rules = list(rules)
    _before[app, using] = findings(rules, using)
    take_down(rules, using)


def raise_rules(app: str, rules: Iterable[Rule], using: str) -> None:
    """After a migration. What had not been in force leaves a trace."""
    put_up(rules, using)
    missing = _before.pop((app, using), {})
    if not missing:
        return
    logger.warning("%d rules of the database were put up again.", len(missing))
    try:
        with transaction.atomic(using=using):
            _record(RULES_PUT_UP, missing, using)
    except DatabaseError:  # the trail's table is of another version
        logger.exception("That rules were put up again could not be written down.")


def _record(action: str, missing: dict[str, str], using: str = "default") -> None:
    AuditEvent.objects.using(using).record(
        action, actor=None, subject=chain_head(using), rules=missing
    )
