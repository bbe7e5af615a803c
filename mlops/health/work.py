"""Checks of what people came for: cases, training, serving, the trail of both."""

import importlib.util
import shlex
import shutil
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.health.base import INFO, Finding
from mlops.mirror.outbox import mirror_status
from mlops.models import ServingPeriod
from mlops.serving import freezes
from mlops.serving.off_switch import DRILL_EVERY, is_drill_due, last_drill
from mlops.serving.period_corrections import periods_in_future
from preciso import clock
from preciso.trainers import COMMAND, TRAINERS
from training.models import AuditEvent, Case


def training_enabled() -> Finding:
    if settings.TRAINING_JOBS_ENABLED:
        return Finding(_("Training is switched on."))
    return Finding(
        _("Training is switched off: what people submit is recorded and skipped."),
        _(
            "Set TRAINING_JOBS_ENABLED=on in the settings file, then restart web "
            "and worker."
        ),
    )


def trainer() -> Finding:
    if settings.TRAINER == COMMAND:
        return _command_trainer()
    for module, package in TRAINERS[settings.TRAINER].packages.items():
        if importlib.util.find_spec(module) is None:
            return Finding(
                _("The built-in trainer needs %(package)s, which is not installed.")
                % {"package": package},
                _("Install the requirements again: make up does it."),
            )
    return Finding(_("The built-in trainer is ready."))


def _command_trainer() -> Finding:
    words = shlex.split(settings.LOCAL_TRAINING_COMMAND)
    if not words:
        return Finding(
            _("The trainer is your own command, and none is set."),
            _("Set LOCAL_TRAINING_COMMAND, or TRAINER=decision for the built-in one."),
        )
    if shutil.which(words[0]) is None:
        return Finding(
            _("Your training command starts with %(program)s, which is not there.")
            % {"program": Path(words[0]).name},
            _("Correct LOCAL_TRAINING_COMMAND, or install that program."),
        )
    return Finding(_("Your training command can be started."))


def cases() -> Finding:
    if count := Case.objects.count():
        return Finding(_("%(count)d case(s) are known.") % {"count": count})
    return Finding(
        _("There are no cases yet."),
        _("Import some: manage.py import_cases FILE, or POST /api/v1/cases."),
    )


def serving() -> Finding:
    period = ServingPeriod.objects.for_table().open().first()
    if period is None:
        return Finding(
            _("No model serves yet."),
            _("Train one, then select it on the Models page."),
            severity=INFO,
        )
    version = period.model_version
    if version is None:
        return Finding(
            _("Serving is stopped since %(since)s: people decide.")
            % {"since": freezes.moment_text(period.since)},
            _("Start it again on the Models page, or select another version there."),
        )
    if version.is_eligible:
        return Finding(_("%(version)s serves.") % {"version": version})
    return Finding(
        _("%(version)s serves, and it should not: %(reason)s")
        % {"version": version, "reason": version.ineligible_reason},
        _("Roll back, or select another version on the Models page."),
    )


def stop_drill() -> Finding:
    """A switch that nobody ever tried may not work in an emergency."""
    drill = last_drill()
    if drill is not None and not is_drill_due():
        return Finding(
            _("Stopping was last tried on %(when)s.")
            % {"when": freezes.moment_text(drill.since)}
        )
    if not is_drill_due() and ServingPeriod.objects.open().exists():
        return Finding(
            _("Serving is stopped: people decide until somebody starts it again.")
        )
    if not is_drill_due():
        return Finding(_("Nothing serves yet, so there is nothing to stop."))
    how = _("Stop as a drill on the Models page, look, and start again: a minute.")
    if drill is None:
        return Finding(_("Nobody has ever tried to stop serving."), how)
    return Finding(
        _("Stopping was last tried on %(when)s, over %(days)d days ago.")
        % {"when": freezes.moment_text(drill.since), "days": DRILL_EVERY.days},
        how,
    )


def serving_times() -> Finding:
    """Whether a period or an audit event was stamped by a clock that was ahead."""
    later = periods_in_future()
    if later:
        return Finding(
            _("%(version)s begins to serve only at %(since)s: a clock was wrong.")
            % {
                "version": later[0].model_version,
                "since": freezes.moment_text(later[0].since),
            },
            _(
                "Nothing can be switched meanwhile, and the history is wrong. Put it "
                "right here, with a reason, or run: manage.py put_periods_right"
            ),
        )
    soon = clock.database_now() + clock.TOLERANCE
    if ahead := AuditEvent.objects.filter(at__gt=soon).count():
        return Finding(
            ngettext(
                "%(count)d entry of the audit trail lies in the future.",
                "%(count)d entries of the audit trail lie in the future.",
                ahead,
            )
            % {"count": ahead},
            _("A clock was wrong. Entries are never changed; correct the clock."),
        )
    return Finding(_("No serving period and no audit entry lies in the future."))


def mlflow() -> Finding:
    status = mirror_status()
    if not status.enabled:
        return Finding(_("MLflow is switched off; nothing else depends on it."))
    if status.failing:
        return Finding(
            _("MLflow has not taken %(count)d message(s): %(error)s")
            % {"count": status.failing, "error": _first_line(status.last_error)},
            _(
                "Nothing is lost and nothing else waits. Check that MLflow runs and "
                "that MLFLOW_TRACKING_URI is right; it is tried again by itself."
            ),
        )
    if status.pending:
        return Finding(
            _("MLflow is being told %(count)d thing(s).") % {"count": status.pending}
        )
    return Finding(_("MLflow knows everything it should."))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200] if text.strip() else _("no answer")
