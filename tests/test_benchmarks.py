"""Every benchmark works, in tiny sizes; and says what it lacks to compare builds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import new_database
from tests.installation import Installation

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
MARKS = {"postgres": [pytest.mark.postgres, pytest.mark.redis], "sqlite": []}
PEERS = {"predict_peers": [pytest.mark.mlflow]}


def databases_of(path):
    return MARKS if "databases=True" in path.read_text() else ["sqlite"]


EACH = [
    pytest.param(
        path, database, id=f"{path.stem}-{database}",
        marks=[*MARKS[database], *PEERS.get(path.stem, [])],
    )
    for path in BENCHMARKS
    for database in databases_of(path)
]  # fmt: skip


@pytest.fixture(scope="module")
def sqlite_template(tmp_path_factory):
    """An installation to copy; the environment that names it."""
    made = Installation(tmp_path_factory.mktemp("template") / "data")
    made.data_dir.mkdir()
    made.manage("migrate", "-v0")
    made.manage("collectstatic", "--noinput", "-v0")
    return {"BENCHMARK_TEMPLATE": str(made.data_dir)}


@pytest.fixture(scope="module")
def postgres_template(sqlite_template, postgres_url, tmp_path_factory):
    url = new_database(postgres_url)
    home = tmp_path_factory.mktemp("postgres")
    Installation(home, DATABASE_URL=url).manage("migrate", "-v0")
    return {**sqlite_template, "BENCHMARK_POSTGRES": url}


@pytest.mark.long
@pytest.mark.parametrize(("path", "database"), EACH)
def test_a_benchmark_works(path, database, request, tmp_path):
    template = request.getfixturevalue(f"{database}_template")
    only = ["--only", database] if len(databases_of(path)) > 1 else []
    done = run([f"benchmarks.{path.stem}", "--smoke", *only], tmp_path, template)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def run(module, home, environment=None, folder=ROOT):
    return subprocess.run(
        [sys.executable, "-m", *module],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


# Unpacks an older build of the checkout that it is run in.
UNPACK = """
import sys
from benchmarks.parts.installation import older_build
with older_build(sys.argv[1]) as tree:
    print(sorted(path.name for path in tree.iterdir()))
"""


@pytest.fixture
def unpacked(tmp_path):
    """The benchmarks without a history, as they come from an archive."""
    folder = tmp_path / "unpacked"
    shutil.copytree(ROOT / "benchmarks" / "parts", folder / "benchmarks" / "parts")
    (folder / "unpack.py").write_text(UNPACK)
    return folder


@pytest.fixture
def checkout(unpacked):
    """Three commits; the one tagged `hungry` needs a package that is not there."""
    git(unpacked, "init", "-q")
    commit(unpacked, "first", "")
    commit(unpacked, "hungry", "import a_package_of_those_days\n")
    commit(unpacked, "last", "")
    return unpacked


def commit(folder, tag, settings):
    (folder / "preciso").mkdir(exist_ok=True)
    (folder / "preciso" / "settings.py").write_text(settings)
    (folder / tag).touch()
    git(folder, "add", ".")
    names = ("-c", "user.name=A", "-c", "user.email=a@b.example")
    git(folder, *names, "commit", "-q", "-m", tag)
    git(folder, "tag", tag)


def git(folder, *arguments):
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def test_an_older_build_is_unpacked_and_forgotten(checkout, tmp_path):
    done = run(["unpack", "first"], tmp_path, folder=checkout)
    assert done.returncode == 0, done.stderr
    assert "first" in done.stdout
    assert "last" not in done.stdout
    assert not list(tmp_path.glob("preciso-*"))


def test_an_older_build_whose_packages_are_missing_says_so(checkout, tmp_path):
    done = run(["unpack", "hungry"], tmp_path, folder=checkout)
    assert done.returncode == 1
    assert "The build of hungry does not start with" in done.stderr
    assert "No module named 'a_package_of_those_days'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_older_build_wants_its_commit_in_the_checkout(checkout, tmp_path):
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", checkout.as_uri(), shallow)
    done = run(["unpack", "first"], tmp_path, folder=shallow)
    assert done.returncode == 1
    assert done.stderr.startswith("The commit first is not in this checkout")
    assert "Traceback" not in done.stderr


def test_an_older_build_wants_a_history(unpacked, tmp_path):
    done = run(["unpack", "HEAD"], tmp_path, folder=unpacked)
    assert done.returncode == 1
    assert done.stderr.startswith("The commit HEAD is not in this checkout")
