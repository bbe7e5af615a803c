"""Checks of what Preciso runs on: database, files, queue, worker, clock."""

import shutil
import socket
import tempfile
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from huey.contrib.djhuey import HUEY

from mlops.health.base import BLOCKER, Finding
from preciso.clock import PROCESS_CLOCK, DatabaseNow
from training.models import ClockReading, WorkerBeat

MEGABYTE = 1024 * 1024
LITTLE_SPACE, NO_SPACE = 1000 * MEGABYTE, 200 * MEGABYTE
SILENT_FOR = timedelta(seconds=30)
PROBE = "preflight-probe"


def database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(_("The database (%(kind)s) answers.") % {"kind": _database_kind()})


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding(
            _("The database lacks %(count)d change(s) this version needs.")
            % {"count": len(missing)},
            _("Stop everything, then run: manage.py migrate"),
        )
    return Finding(_("The database has the form this version needs."))


def database_mode() -> Finding:
    if connection.vendor != "sqlite":
        return Finding(_("Web and worker may run on several machines."))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0])
    if mode not in {"wal", "memory"}:
        return Finding(
            _("SQLite is in %(mode)s mode, in which readers and writers block.")
            % {"mode": mode},
            _("Put the database file on a local disk and start again."),
        )
    return Finding(
        _("SQLite lets readers and one writer work side by side, on this machine.")
    )


def clock() -> Finding:
    """This process's clock, and those that other programs reported of late."""
    ahead = PROCESS_CLOCK.ahead()
    wrong = [(reading.name, reading.ahead) for reading in ClockReading.objects.wrong()]
    if PROCESS_CLOCK.is_wrong():
        here = _("this program on %(host)s") % {"host": socket.gethostname()}
        wrong.insert(0, (here, ahead.total_seconds()))
    if not wrong:
        return Finding(_("The clocks of database and application agree."))
    listed = "; ".join(f"{name}: {seconds:+.0f} s" for name, seconds in wrong)
    return Finding(
        _("Clocks differ from the database's (%(clocks)s). Nothing is switched there.")
        % {"clocks": listed},
        _("Switch on time synchronisation (NTP) on both machines."),
    )


def data_directory() -> Finding:
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR):
            pass
    except OSError as error:
        return Finding(
            _("The data directory cannot be written: %(error)s.")
            % {"error": error.strerror},
            _(
                "Create %(path)s, or let the account Preciso runs under write "
                "there; PRECISO_DATA_DIR names another place."
            )
            % {"path": settings.DATA_DIR},
        )
    return Finding(_("The data directory can be written."))


def disk_space() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR).free
    message = _("%(free)d MB are free in the data directory.") % {
        "free": free // MEGABYTE
    }
    if free >= LITTLE_SPACE:
        return Finding(message)
    return Finding(
        message,
        _("Make room: a training writes its log, its files and its model there."),
        severity=BLOCKER if free < NO_SPACE else "",
    )


def artifact_store() -> Finding:
    store = storages["artifacts"]
    try:
        name = store.save(PROBE, ContentFile(b"written by a setup check"))
        store.delete(name)
    except OSError as error:
        return Finding(
            _("The store of model files cannot be written: %(error)s.")
            % {"error": error.strerror or error},
            _("Let the account Preciso runs under write to the store of model files."),
        )
    return Finding(_("The store of model files can be written."))


def queue() -> Finding:
    waiting = HUEY.pending_count()
    return Finding(
        _("The queue answers; %(count)d message(s) wait.") % {"count": waiting}
    )


def worker() -> Finding:
    beats = WorkerBeat.objects.filter(beat_at__gte=DatabaseNow() - SILENT_FOR)
    if count := beats.count():
        return Finding(_("%(count)d worker(s) report for work.") % {"count": count})
    return Finding(
        _("No worker has reported for %(seconds)d seconds, so nothing is trained.")
        % {"seconds": SILENT_FOR.total_seconds()},
        _("Start one: manage.py run_huey (make up does it by itself)."),
    )


def _database_kind() -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(
        connection.vendor, connection.vendor
    )
