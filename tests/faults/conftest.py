"""The same faults on SQLite with its file queue and on PostgreSQL with Redis."""

import shutil
import uuid
from pathlib import Path

import psycopg
import pytest

from tests.faults.broker import Broker
from tests.installation import Installation

PREPARE = """
from django.contrib.auth.models import User
from training.services.datasets import versions as datasets
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.intake import parse_case, post_case
user = User.objects.create_superuser("alice")
for n in range(12):
    facts = [{"name": "a", "value": n}]
    content = parse_case({"external_id": f"C-{n}", "facts": facts})
    case, _ = post_case(content, by=user)
    approve_case(case, ReviewInput(("yes", "no")[n % 2]), by=user)
version, _ = datasets.open_version(by=user)
datasets.seal_version(version, by=user)
answer = version.sha256
"""


def new_database(postgres_url: str, template: str = "template0") -> str:
    """The URL of a fresh database beside the session's own, a copy of ``template``."""
    name = f"preciso_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return postgres_url.rpartition("/")[0] + f"/{name}"


def prepare(installation: Installation) -> Installation:
    """Migrated, with a sealed dataset version."""
    installation.manage("migrate", "--verbosity", "0")
    assert len(installation.run(PREPARE)) == 64
    installation.stop()  # a database that is copied has no other visitor
    return installation


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    return prepare(Installation(tmp_path_factory.mktemp("sqlite")))


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory, postgres_url):
    home = tmp_path_factory.mktemp("postgres")
    return prepare(Installation(home, DATABASE_URL=new_database(postgres_url)))


def copy_of(template: Installation, home: Path, **environment: str) -> Installation:
    shutil.copytree(template.data_dir, home)
    return Installation(home, **environment)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.redis]),
    ]
)
def installation(request, tmp_path):
    """A Preciso with a sealed dataset version and no worker yet."""
    template = request.getfixturevalue(f"{request.param}_template")
    environment = {}
    if request.param == "postgres":
        redis = request.getfixturevalue("redis_url").rpartition("/")[0]
        original = template.environment["DATABASE_URL"]
        environment = {
            "DATABASE_URL": new_database(
                request.getfixturevalue("postgres_url"), original.rpartition("/")[2]
            ),
            "REDIS_URL": f"{redis}/{uuid.uuid4().int % 15 + 1}",
        }
    own_installation = copy_of(template, tmp_path / "installation", **environment)
    try:
        yield own_installation
    finally:
        own_installation.stop()


@pytest.fixture
def mark():
    """A word in a trainer's command line that no other process carries."""
    return f"mark{uuid.uuid4().hex[:10]}"


@pytest.fixture
def broker(tmp_path):
    server = Broker(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.stop()
