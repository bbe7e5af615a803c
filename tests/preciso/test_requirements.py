"""What `make test` says about a service that is not there."""

import subprocess
import sys

import pytest
from django.conf import settings

SUITE = """
import pytest


@pytest.mark.redis
def test_with_redis():
    pass


@pytest.mark.long
def test_for_long():
    pass


def test_plain():
    pass
"""


@pytest.fixture
def run_without_redis(tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE)

    def run(**values):
        options = ["-c", "pyproject.toml", "-p", "tests.conftest", "--rootdir", "."]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, str(tmp_path)],
            cwd=settings.BASE_DIR,
            env={"PATH": str(tmp_path), "PYTHONPATH": ".", **values},
            capture_output=True,
            text=True,
        )

    return run


def last_line(answer):
    return answer.stdout.strip().splitlines()[-1]


def test_absent_service_skips_its_tests_by_name_with_the_reason(run_without_redis):
    answer = run_without_redis()
    assert answer.returncode == 0, answer.stdout
    assert "test_with_redis: needs redis: redis-server is not found" in answer.stdout
    assert "test_for_long: takes long" in answer.stdout
    assert last_line(answer).startswith("1 passed, 2 skipped in ")


def test_absent_service_that_is_required_fails_its_tests(run_without_redis):
    answer = run_without_redis(PRECISO_TEST_REQUIRE="redis", PRECISO_TEST_LONG="1")
    assert answer.returncode == 1
    assert "PRECISO_TEST_REQUIRE names redis, but redis-server" in answer.stdout
    assert "1 error" in last_line(answer) or "1 failed" in last_line(answer)
    assert "2 passed" in last_line(answer)


def test_unknown_requirement_is_told(run_without_redis):
    answer = run_without_redis(PRECISO_TEST_REQUIRE="postgress")
    assert answer.returncode == 4
    assert "PRECISO_TEST_REQUIRE names postgress; known are" in answer.stderr
