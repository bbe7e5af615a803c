"""The project on PostgreSQL, from the URL on."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.postgres


def manage(*arguments, data_dir, url):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "x" * 50,
            "PRECISO_DATA_DIR": str(data_dir),
            "DATABASE_URL": url,
        },
        capture_output=True,
        text=True,
    )


def test_tables_are_made_and_the_first_people_can_be(postgres_url, data_dir):
    for command in (["migrate", "--verbosity", "0"], ["ensure_people"]):
        answer = manage(*command, data_dir=data_dir, url=postgres_url)
        assert answer.returncode == 0, answer.stderr
    assert "4 people made" in answer.stdout


def test_database_that_is_away_is_one_sentence(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "preciso.prepare"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "x" * 50,
            "PRECISO_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        },
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("The database does not answer: ")
    assert "Traceback" not in answer.stderr
