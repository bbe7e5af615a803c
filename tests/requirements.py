"""What some tests need from the machine, and how to tell whether it is there."""

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def postgres_program(name: str) -> str | None:
    """A server program of PostgreSQL; Debian keeps them off the path."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(kept[-1]) if kept else None)


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def _module(name: str) -> Callable[[], str]:
    return lambda: "" if find_spec(name) else f"the package {name} is not installed"


def _postgres() -> str:
    return "" if postgres_program("initdb") else "PostgreSQL's initdb is not found"


def faketime_library() -> Path | None:
    """What another clock is preloaded from, into one process alone."""
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


def _faketime() -> str:
    return "" if faketime_library() else "libfaketime is not found"


def _redis() -> str:
    return "" if shutil.which("redis-server") else "redis-server is not found"


def nginx() -> str | None:
    """Debian keeps it off the path of ordinary people."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def _nginx() -> str:
    return "" if nginx() else "nginx is not found"


def _browser() -> str:
    return "" if chromium() else f"none of {', '.join(CHROMIUM_NAMES)} is found"


def _axe() -> str:
    return "" if shutil.which("npm") else "npm is not found, which fetches axe-core"


# marker: why the tests that carry it cannot run here, "" if they can
ABSENCES: dict[str, Callable[[], str]] = {
    "postgres": _postgres,
    "redis": _redis,
    "nginx": _nginx,
    "mlflow": _module("mlflow"),
    "faketime": _faketime,
    "browser": _browser,
    "axe": _axe,
    "torch": _module("torch"),
}


def required() -> set[str]:
    """What PRECISO_TEST_REQUIRE names: there an absence is a failure, not a skip.

    Whoever requires the browser requires what is looked at with it, too; whoever
    requires PostgreSQL, the program that gives a process another clock.
    """
    raw = os.environ.get("PRECISO_TEST_REQUIRE", "")
    names = {name.strip() for name in raw.split(",") if name.strip()}
    # Another clock is wanted where the databases are, which it is told apart from.
    with_them = {"browser": "axe", "postgres": "faketime"}
    return names | {with_them[name] for name in names & with_them.keys()}


def wants_long() -> bool:
    return os.environ.get("PRECISO_TEST_LONG", "") not in {"", "0"}
