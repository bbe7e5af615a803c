"""The setup checks: what stops this installation from working, and how to fix it.

Nothing here raises, and nothing imports a heavy library or waits for MLflow.
"""

import logging
import platform
from collections.abc import Callable, Sequence

import django
from django.db import connection
from django.utils.translation import gettext as _

from mlops.health import machine, production, safety, trail, work
from mlops.health.base import BLOCKER, INFO, WARNING, Check, Finding
from preciso.redaction import redact_addresses

__all__ = ["BLOCKER", "INFO", "WARNING", "Check", "for_support", "run_checks"]

logger = logging.getLogger(__name__)

CHECKS: dict[str, tuple[str, Callable[[], Finding]]] = {
    "database": (BLOCKER, machine.database),
    "migrations": (BLOCKER, machine.migrations),
    "database_rules": (BLOCKER, safety.database_rules),
    "database_mode": (WARNING, machine.database_mode),
    "clock": (WARNING, machine.clock),
    "data_directory": (BLOCKER, machine.data_directory),
    "disk_space": (WARNING, machine.disk_space),
    "artifact_store": (BLOCKER, machine.artifact_store),
    "queue": (BLOCKER, machine.queue),
    "worker": (WARNING, machine.worker),
    "training_enabled": (WARNING, work.training_enabled),
    "trainer": (BLOCKER, work.trainer),
    "cases": (INFO, work.cases),
    "serving": (WARNING, work.serving),
    "stop_drill": (INFO, work.stop_drill),
    "serving_times": (BLOCKER, work.serving_times),
    "agreement": (WARNING, production.agreement),
    "mlflow": (WARNING, work.mlflow),
    "audit_chain": (WARNING, trail.audit_chain),
    "audit_anchor": (WARNING, trail.audit_anchor),
    "people": (WARNING, safety.people),
    "secret_key": (BLOCKER, safety.secret_key),
    "debug": (WARNING, safety.debug),
    "allowed_hosts": (WARNING, safety.allowed_hosts),
    "tls": (INFO, safety.tls),
}


def run_checks() -> list[Check]:
    """Every check, in the order in which a person would go through them."""
    return [_run(key, severity, look) for key, (severity, look) in CHECKS.items()]


def _run(key: str, severity: str, look: Callable[[], Finding]) -> Check:
    try:
        answer = look()
    except Exception as error:  # noqa: BLE001 - a check that breaks is a finding too
        logger.warning("The check %s broke: %s", key, error)
        answer = Finding(
            _("This could not be checked: %(error)s") % {"error": error},
            _("Fix what the checks above name, then look again."),
        )
    return Check(
        key=key,
        ok=not answer.fix,
        severity=answer.severity or severity,
        message=answer.message,
        fix=answer.fix,
    )


def for_support(checks: Sequence[Check]) -> str:
    """The checks as text that can be sent to somebody who helps: without secrets."""
    about = (
        f"Preciso MLOps, Python {platform.python_version()}, "
        f"Django {django.get_version()}, {connection.vendor}, {platform.system()}"
    )
    lines = [about]
    for check in checks:
        mark = "ok" if check.ok else check.severity
        lines.append(f"[{mark}] {check.key}: {check.message}")
        if check.fix:
            lines.append(f"    {check.fix}")
    return redact_addresses("\n".join(lines))
