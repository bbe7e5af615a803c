"""What the whole suite shares: skipping by name, and real services."""

import shutil

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.clock import Clock
from tests.requirements import ABSENCES, required, wants_long
from tests.services import postgres_server, redis_server
from tests.stage import data_settings, open_stage

TOGETHER = ("tests/faults/", "tests/browser/")


def pytest_configure(config):
    unknown = required() - ABSENCES.keys()
    if unknown:
        raise pytest.UsageError(
            f"PRECISO_TEST_REQUIRE names {', '.join(sorted(unknown))}; "
            f"known are {', '.join(ABSENCES)}."
        )


class FileByFile(LoadFileScheduling):
    """A process takes a whole file, or a whole folder of tests that start processes of
    their own: one such test at a time leaves room on a small machine."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return next(filter(file.startswith, TOGETHER), file)


def pytest_xdist_make_scheduler(config, log):
    return FileByFile(config, log)


def pytest_collection_modifyitems(items):
    if not wants_long():
        reason = "takes long; runs with PRECISO_TEST_LONG=1"
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for name, absence in ABSENCES.items():
        if item.get_closest_marker(name) and (reason := absence()):
            if name in required():
                pytest.fail(f"PRECISO_TEST_REQUIRE names {name}, but {reason}.")
            pytest.skip(f"needs {name}: {reason}")


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("skipped")
    for report in skipped:
        _, _, reason = report.longrepr
        terminalreporter.line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(autouse=True)
def _empty_cache():
    """The API counts requests in the cache; no test pays for the one before."""
    from django.core.cache import cache

    cache.clear()
    from training.services.sign_in.guard import unknown

    unknown.clear()


@pytest.fixture
def clock(monkeypatch):
    """Another time of day, for code that asks ``timezone.now()``."""
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def _own_language():
    """A request in another language leaves it on in the thread; not for the next."""
    yield
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    """A data directory of the test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, value in data_settings(folder).items():
        setattr(settings, name, value)
    return folder


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker, tmp_path_factory):
    """Where a module's own fixtures build what all of its tests begin with."""
    with open_stage(tmp_path_factory.mktemp("stage"), django_db_blocker) as opened:
        yield opened


@pytest.fixture
def on_stage(stage, db, data_dir):
    """The test finds the files of the stage in its own data directory."""
    shutil.copytree(stage.folder, data_dir, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def redis_url():
    """A Redis of the test session; for tests marked `redis`."""
    with redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url():
    """An empty PostgreSQL of the test session; for tests marked `postgres`."""
    with postgres_server() as url:
        yield url
