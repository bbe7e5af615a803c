"""One step makes what the many made, and finishes what an older version began.

Each database here belongs to processes of its own: the old files are asked for there.
"""

import re
import subprocess

import pytest

from tests.faults.conftest import new_database
from tests.installation import Installation
from tests.requirements import postgres_program

pytestmark = pytest.mark.long

COLUMNS = re.compile(r", (?=[\"C])")
# As a version without the squashed files migrates: ``steps`` are its targets.
STEP_BY_STEP = """
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
plain = MigrationLoader.load_disk
def without_squashed(self):
    plain(self)
    self.disk_migrations = {{
        key: step for key, step in self.disk_migrations.items() if not step.replaces
    }}
MigrationLoader.load_disk = without_squashed
for step in {steps}:
    call_command("migrate", *step, verbosity=0)
MigrationLoader.load_disk = plain
"""
SEEDED = """
from django.contrib.auth.models import Group, Permission
from mlops.models import MirrorLease, ServingState
from training.models import TrainingPolicy
policy = TrainingPolicy.objects.values().get()
del policy["updated_at"]
answer = repr([
    {group.name: sorted(
        ".".join(right) for right in
        group.permissions.values_list("content_type__app_label", "codename"))
     for group in Group.objects.all()},
    sorted(Permission.objects.values_list("content_type__app_label", "codename")),
    policy, ServingState.objects.values().get(), MirrorLease.objects.values().get(),
])
"""
PENDING = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
answer = [str(step) for step, _ in plan]
"""
# Where a database stood whose versions came one after the other.
HALFWAY = {
    "in the middle": [("mlops", "0014")],
    "all but the last of training": [("training", "0035"), ("mlops", "0025")],
}


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    scope="module",
)
def fresh(request, tmp_path_factory):
    """Makes installations whose database is empty."""
    made = []

    def make():
        home = tmp_path_factory.mktemp("installation")
        environment = {}
        if request.param == "postgres":
            url = request.getfixturevalue("postgres_url")
            environment["DATABASE_URL"] = new_database(url)
        made.append(Installation(home, **environment))
        return made[-1]

    yield make
    for installation in made:
        installation.stop()


@pytest.fixture(scope="module")
def step_by_step(fresh):
    """What the old files make of an empty database."""
    installation = fresh()
    installation.run(STEP_BY_STEP.format(steps=[()]))
    return installation


@pytest.fixture(scope="module")
def expected(step_by_step):
    """Its tables and its rows."""
    return tables(step_by_step), step_by_step.run(SEEDED)


def tables(installation):
    """Every table, index, trigger and function as text; SQLite remakes a table to
    change it, so the order of its columns does not count."""
    url = installation.environment.get("DATABASE_URL")
    if url:
        dump = subprocess.run(
            [postgres_program("pg_dump"), "--schema-only", "--no-owner", url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        lines = (line.rstrip(",") for line in dump.splitlines())
        return sorted(line for line in lines if not line.startswith(("--", "\\")))
    rows = installation.rows("SELECT name, sql FROM sqlite_master WHERE sql <> ''")
    return sorted(
        (name, sorted(COLUMNS.split(sql.removesuffix(")")))) for name, sql in rows
    )


def test_a_fresh_database_is_as_the_old_files_made_it(fresh, expected):
    installation = fresh()
    installation.manage("migrate", "-v0")

    assert (tables(installation), installation.run(SEEDED)) == expected


def test_a_database_of_the_old_files_has_nothing_left_to_do(step_by_step, expected):
    step_by_step.manage("migrate", "-v0")

    assert step_by_step.run(PENDING) == []
    assert (tables(step_by_step), step_by_step.run(SEEDED)) == expected


@pytest.mark.parametrize("steps", HALFWAY.values(), ids=HALFWAY)
def test_a_database_of_an_older_version_is_finished(fresh, expected, steps):
    installation = fresh()
    installation.run(STEP_BY_STEP.format(steps=steps))

    installation.manage("migrate", "-v0")

    assert installation.run(PENDING) == []
    assert (tables(installation), installation.run(SEEDED)) == expected
