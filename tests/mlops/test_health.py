"""The setup checks: each finding has a fix, and nothing ever raises."""

import secrets
import subprocess
import sys
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from mlops.health import BLOCKER, WARNING, run_checks
from mlops.models import OutboxEvent
from tests.apis import a_case, a_model_version, a_sealed_version, api, person
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent, WorkerBeat
from training.services.audit.chain import chain_events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_key_as_make_up_makes_one(settings):
    settings.SECRET_KEY = secrets.token_urlsafe(50)


def check(key):
    return next(each for each in run_checks() if each.key == key)


def test_every_check_says_what_it_found_and_only_a_finding_has_a_fix():
    checks = run_checks()

    assert len({each.key for each in checks}) == len(checks) >= 20
    for each in checks:
        assert each.message
        assert bool(each.fix) is not each.ok
        assert each.severity in {"blocker", "warning", "info"}


def test_a_fresh_installation_has_no_blocker():
    assert [each.key for each in run_checks() if each.blocks] == []


def test_rules_that_a_broken_off_migration_left_down_block():
    assert check("database_rules").ok
    take_down(TRAINING_RULES)
    assert check("database_rules").blocks
    put_up(TRAINING_RULES)
    assert check("database_rules").ok


def test_a_worker_that_reports_is_seen_and_a_silent_one_is_missed():
    assert not check("worker").ok
    beat = WorkerBeat.objects.create(name="w1", host="here", pid=1)

    assert check("worker").ok

    WorkerBeat.objects.filter(pk=beat.pk).update(
        beat_at=timezone.now() - timedelta(minutes=1)
    )
    found = check("worker")
    assert (found.ok, found.severity) == (False, WARNING)
    assert "run_huey" in found.fix


def test_training_that_is_switched_off_is_a_warning_naming_the_switch(settings):
    settings.TRAINING_JOBS_ENABLED = False

    found = check("training_enabled")

    assert (found.ok, found.severity) == (False, WARNING)
    assert "TRAINING_JOBS_ENABLED=on" in found.fix


@pytest.mark.parametrize(
    ("command", "ok"),
    [("", False), ("no-such-program --fast", False), (f"{sys.executable} -V", True)],
)
def test_a_training_command_has_to_be_there(settings, command, ok):
    settings.TRAINER = "command"
    settings.LOCAL_TRAINING_COMMAND = command

    found = check("trainer")

    assert found.ok is ok
    assert found.blocks is not ok


def test_a_data_directory_that_is_gone_blocks_and_the_fix_names_it(settings):
    settings.DATA_DIR = settings.DATA_DIR / "gone"

    found = check("data_directory")

    assert found.blocks
    assert str(settings.DATA_DIR) in found.fix


def test_an_artifact_store_that_cannot_be_written_blocks(settings, tmp_path):
    (tmp_path / "a file").write_text("in the way")
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "a file" / "below"},
        },
    }

    assert check("artifact_store").blocks


def test_the_artifact_check_leaves_nothing_behind(settings):
    check("artifact_store")

    assert list((settings.DATA_DIR / "artifacts").iterdir()) == []


def test_a_short_secret_key_blocks_unless_debugging(settings):
    settings.SECRET_KEY = "secret"
    assert check("secret_key").blocks

    settings.DEBUG = True
    assert not check("secret_key").ok
    assert not check("secret_key").blocks


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [("DEBUG", True, "debug"), ("ALLOWED_HOSTS", ["*"], "allowed_hosts")],
)
def test_an_open_door_is_a_warning(settings, name, value, key):
    setattr(settings, name, value)

    assert (check(key).ok, check(key).severity) == (False, WARNING)


def test_plain_http_is_fine_at_home_and_a_warning_elsewhere(settings):
    assert check("tls").ok

    settings.ALLOWED_HOSTS = ["mlops.example.com"]
    assert (check("tls").ok, check("tls").severity) == (False, WARNING)

    settings.BEHIND_TLS = True
    assert check("tls").ok


def test_roles_without_anybody_are_named():
    person("Reviewer")
    person("Operator")
    assert "Admin" in check("people").message

    User.objects.create_superuser("root")
    assert check("people").ok


def test_a_person_who_left_does_not_fill_a_role():
    for role in ("Reviewer", "Operator", "Admin"):
        someone = person(role)
    someone.is_active = False
    someone.save()

    assert "Admin" in check("people").message


def test_cases_are_counted():
    assert not check("cases").ok

    a_case()

    assert check("cases").ok


def test_mlflow_that_takes_nothing_is_a_warning_with_its_words(settings):
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"
    assert check("mlflow").ok
    OutboxEvent.objects.create(
        kind="run_started", key="run:1", tries=2, last_error="Connection refused\nmore"
    )

    found = check("mlflow")

    assert (found.ok, found.severity) == (False, WARNING)
    assert "Connection refused" in found.message
    assert "more" not in found.message


def test_a_serving_version_that_should_not_serve_is_found(two_model_directories):
    from mlops.serving.selection import select_version

    operator = person("Operator")
    version = a_model_version(a_sealed_version(operator), two_model_directories[0])
    assert check("serving").severity == "info"
    select_version(version, by=operator)
    assert check("serving").ok

    type(version).objects.filter(pk=version.pk).update(problem="quarantined")

    found = check("serving")
    assert (found.ok, found.severity) == (False, WARNING)
    assert "Roll back" in found.fix


def test_an_audit_trail_that_nobody_seals_is_found():
    a_case(by=person("Operator"))
    assert check("audit_chain").ok  # they are new

    hour_ago = timezone.now() - timedelta(hours=1)
    event = AuditEvent(
        action="old", actor_label="system", subject_type="case", subject_id="1"
    )
    event.save()
    with connection.cursor() as cursor:
        put_back(cursor, event.pk, hour_ago)

    found = check("audit_chain")
    assert not found.ok
    chain_events()
    assert check("audit_chain").ok


def put_back(cursor, pk, moment):
    """An old event: its table refuses changes, so it is written anew."""
    columns = "action, actor_label, subject_type, subject_id, subject_label, detail"
    cursor.execute(
        f"INSERT INTO training_auditevent (at, {columns}) "
        f"SELECT %s, {columns} FROM training_auditevent WHERE id = %s",
        [moment, pk],
    )


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch):
    def explode():
        raise RuntimeError("out of order")

    monkeypatch.setattr("huey.contrib.djhuey.HUEY.pending_count", explode)

    assert check("queue").blocks
    assert "out of order" in check("queue").message
    assert check("database").ok


def test_the_messages_speak_the_language_of_the_reader():
    from django.utils import translation

    with translation.override("ko"):
        assert all(isinstance(each.message, str) for each in run_checks())


def test_the_api_answers_with_the_checks():
    answer = api("Viewer").get("status").json()

    assert answer["ok"] is True
    assert {"key", "ok", "severity", "message", "fix"} == answer["checks"][0].keys()


def test_looking_imports_no_heavy_library():
    code = (
        "import django, sys; django.setup(); "
        "import mlops.health, mlops.tasks, mlops.admin, mlops.api.mlflow; "
        "heavy = {'mlflow', 'sklearn', 'scipy', 'pandas', 'numpy', 'torch'}; "
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"DJANGO_SETTINGS_MODULE": "preciso.settings_test", "PATH": ""},
    )

    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_a_database_without_its_tables_blocks():
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    loader = MigrationLoader(connection)
    newest = loader.graph.leaf_nodes("mlops")[0]
    last = [newest, *loader.disk_migrations[newest].replaces][-1]
    MigrationRecorder(connection).record_unapplied(*last)

    found = check("migrations")

    assert (found.blocks, found.severity) == (True, BLOCKER)
    assert "migrate" in found.fix
