"""The tests of training and serving once more, on PostgreSQL.

By default the suite runs on SQLite; what the database refuses, and what two writers
see of each other, has to hold on both.
"""

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = [pytest.mark.postgres, pytest.mark.long]

TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile")


def test_training_and_serving_behave_the_same_on_postgresql(postgres_url):
    suite = subprocess.run(
        [sys.executable, "-m", "pytest", *TWO_AT_ONCE, "tests/training", "tests/mlops"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "TEST_DATABASE_URL": postgres_url,
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert suite.returncode == 0, suite.stdout[-8000:]
