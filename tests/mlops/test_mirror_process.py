"""The process that tells MLflow: it works alone, and never outlives its worker."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import wait_until

pytestmark = [pytest.mark.long, pytest.mark.mlflow]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "of a test",
        "PRECISO_DATA_DIR": str(tmp_path),
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
    }


@pytest.fixture
def manage(environment):
    """Runs a command of `manage.py` to its end; its output."""

    def run(*words):
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("migrate", "--verbosity", "0")
    return run


HOLDER = "from mlops.models import MirrorLease; print(MirrorLease.objects.is_held())"


def lease_is_held(manage):
    return "True" in manage("shell", "--no-imports", "-c", HOLDER)


def start(environment, *words):
    return subprocess.Popen(
        [sys.executable, "manage.py", "mirror", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_makes_the_local_store_and_leaves(manage, environment, tmp_path):
    assert manage("mirror") == "told MLflow 0 thing(s)\n"

    assert (tmp_path / "mlflow.db").exists()
    assert not (ROOT / "mlruns").exists()
    assert not lease_is_held(manage)


def test_a_second_one_leaves_at_once(manage, environment):
    first = start(environment, "--linger", "120")
    wait_until(lambda: lease_is_held(manage), within=60, what="the first one starting")

    assert manage("mirror") == "Another process is telling MLflow already.\n"

    first.terminate()
    first.communicate()
    assert first.returncode == 128 + signal.SIGTERM
    assert not lease_is_held(manage)


def test_it_ends_when_the_worker_that_started_it_is_killed(manage, environment):
    words = (
        f"{sys.executable} manage.py mirror --linger 120 --parent $$ & echo $!; wait"
    )
    worker = subprocess.Popen(
        ["sh", "-c", words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    child = Path("/proc") / worker.stdout.readline().strip()
    wait_until(lambda: lease_is_held(manage), within=60, what="the mirror starting")

    worker.kill()
    worker.wait()

    wait_until(lambda: not child.exists(), within=10, what="the end of the mirror")
    worker.stdout.close()


def test_switched_off_it_says_so(manage, environment):
    environment["MLFLOW_TRACKING_URI"] = "off"

    assert "switched off" in manage("mirror")
