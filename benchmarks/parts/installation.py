"""What benchmarks share: their options, empty installations, and older builds.

A test that runs many benchmarks names in ``BENCHMARK_TEMPLATE`` a data directory that
is migrated already, and in ``BENCHMARK_POSTGRES`` a migrated database on a server of
its own: installations are then copies of these, which saves a migration for each.
"""

import argparse
import atexit
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PARTS = Path(__file__).parent
DATABASES = ("sqlite", "postgres")
SET_UP = "import django; django.setup()"


class Parser(argparse.ArgumentParser):
    """The options that all benchmarks have, or all that run on a database.

    ``--inside`` is the benchmark's own word for the part that runs in a process of its
    own, since Django knows one database.
    """

    def __init__(self, description: str | None, *, databases: bool = False) -> None:
        plain = argparse.RawDescriptionHelpFormatter
        super().__init__(description=description, formatter_class=plain)
        tiny = "tiny sizes: shows that the benchmark works; the figures mean nothing"
        self.add_argument("--smoke", action="store_true", help=tiny)
        self.add_argument("--inside", default="", help=argparse.SUPPRESS)
        if databases:
            self.add_argument("--only", choices=DATABASES, help="one database")

    def add_old(self, default: str = "") -> None:
        """An older build to compare with; see ``older_build``."""
        words = "a commit, or the directory of an older build"
        self.add_argument("--old", default=default, help=words)
        words = "the Python of an environment with the older build's packages"
        self.add_argument("--old-python", default=sys.executable, help=words)

    def read(self, **smoke: Any) -> argparse.Namespace:
        """``smoke``: the sizes that `--smoke` stands for, unless they are given too."""
        if "--smoke" in sys.argv[1:]:
            self.set_defaults(**smoke)
        return self.parse_args()


def databases(options: argparse.Namespace) -> tuple[str, ...]:
    return (options.only,) if options.only else DATABASES


def machine() -> str:
    return f"load {os.getloadavg()[0]:.1f}, processors {os.cpu_count()}"


def environment_of(folder: Path, tree: Path = ROOT) -> dict[str, str]:
    """All that a process knows of the installation in ``folder``."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(tree),
        "PRECISO_DATA_DIR": str(folder),
        "SECRET_KEY": "4f9c1e7ab2d84c00a1b2c3d4e5f60718" * 2,
        "TRAINING_JOBS_ENABLED": "on",
        "MLFLOW_TRACKING_URI": "off",
        "DJANGO_SETTINGS_MODULE": "preciso.settings",
    }


@contextmanager
def installation(
    database: str, tree: Path = ROOT, python: str = sys.executable
) -> Iterator[dict[str, str]]:
    """The environment of an empty installation of the code in ``tree``."""
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as name:
        folder = Path(name)
        values = environment_of(folder, tree)
        template = os.environ.get("BENCHMARK_TEMPLATE", "") if tree == ROOT else ""
        if template:
            shutil.copytree(template, folder, dirs_exist_ok=True)
        if database == "postgres":
            values["DATABASE_URL"] = new_database(copy=bool(template))
        if not template:
            migrate(values, tree, python)
        yield values


def migrate(
    values: dict[str, str], tree: Path = ROOT, python: str = sys.executable
) -> None:
    for command in ("migrate",), ("collectstatic", "--noinput"):
        call([python, "manage.py", *command, "-v0"], values, tree)


@cache
def postgres() -> str:
    """The URL of a database on a server that ends with this process."""
    given = os.environ.get("BENCHMARK_POSTGRES", "")
    if given:
        return given
    from tests.services import postgres_server

    server = postgres_server()
    url = server.__enter__()
    atexit.register(server.__exit__, None, None, None)
    return url


def new_database(*, copy: bool = False) -> str:
    """The URL of a database of one's own beside it, empty or a copy of it."""
    import psycopg

    server, _slash, original = postgres().rpartition("/")
    name = f"bench_{uuid.uuid4().hex[:8]}"
    template = original if copy else "template0"
    with psycopg.connect(f"{server}/template1", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server}/{name}"


def run_inside(values: dict[str, str], part: str, *more: str) -> None:
    """The same benchmark with the same options and `--inside PART`, elsewhere."""
    if subprocess.run(_inside(part, *more), cwd=ROOT, env=values).returncode:
        raise SystemExit(1)


def answer_inside(values: dict[str, str], part: str, *more: str) -> str:
    """The last line that ``run_inside`` would have printed."""
    return call(_inside(part, *more), values).splitlines()[-1]


def start_inside(
    values: dict[str, str], part: str, *more: str
) -> "subprocess.Popen[str]":
    command = _inside(part, *more)
    return subprocess.Popen(
        command, cwd=ROOT, env=values, stdout=subprocess.PIPE, text=True
    )


def _inside(part: str, *more: str) -> list[str]:
    spec = sys.modules["__main__"].__spec__
    assert spec is not None, "Benchmarks are run with `python -m benchmarks.NAME`."
    module = spec.name
    return [sys.executable, "-m", module, *sys.argv[1:], "--inside", part, *more]


def call(command: list[str], values: dict[str, str], folder: Path = ROOT) -> str:
    """What the command prints. Raises SystemExit where it fails."""
    done = subprocess.run(
        command, cwd=folder, env=values, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def older_build(old: str, python: str = sys.executable) -> Iterator[Path]:
    """A directory with the code of a commit, or the one that is named.

    Raises SystemExit with a sentence where the commit is not in this checkout, or what
    it needs is not installed.
    """
    if Path(old).is_dir():
        yield Path(old).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="preciso-old-") as folder:
        with tarfile.open(fileobj=io.BytesIO(_archive(old))) as archive:
            archive.extractall(folder, filter="data")
        _require_packages(old, Path(folder), python)
        yield Path(folder)


def _archive(commit: str) -> bytes:
    git = ["git", "-C", str(ROOT), "archive", "--format=tar"]
    try:
        return subprocess.run([*git, commit], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise SystemExit(
            f"The commit {commit} is not in this checkout, which has no history or not "
            "all of it: `git fetch --unshallow` gets the rest."
        ) from None


def _require_packages(commit: str, tree: Path, python: str) -> None:
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        done = subprocess.run(
            [python, "-c", SET_UP],
            cwd=tree,
            env=environment_of(Path(folder), tree),
            capture_output=True,
            text=True,
        )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1]
        raise SystemExit(
            f"The build of {commit} does not start with {python} ({reason}): name an "
            "environment with its packages by --old-python."
        )
