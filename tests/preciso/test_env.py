import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from preciso.env import Environment, WrongSettingsFile, read_settings_file


def manage(*arguments, **values):
    """manage.py in a process of its own that knows these variables only."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
    )


def test_one_message_lists_every_wrong_value():
    environment = Environment({"DEBUG": "perhaps", "SHARE": "120", "TRAINER": "magic"})
    assert environment.flag("DEBUG", default=False) is False
    assert environment.number("SHARE", default=20, low=1, high=90) == 20
    assert environment.choice("TRAINER", default="a", allowed=["a", "b"]) == "a"

    with pytest.raises(ImproperlyConfigured) as told:
        environment.check()

    assert "3 wrong value(s)" in str(told.value)
    for name in ("DEBUG", "SHARE", "TRAINER"):
        assert name in str(told.value)


def test_right_values_are_read_and_nothing_is_raised():
    environment = Environment(
        {"A": " On ", "B": "7", "C": "b", "D": "x, y,,", "E": "Asia/Seoul", "F": ""}
    )
    assert environment.flag("A", default=False) is True
    assert environment.flag("F", default=True) is True
    assert environment.number("B", default=1, low=1, high=9) == 7
    assert environment.choice("C", default="a", allowed=["a", "b"]) == "b"
    assert environment.names("D") == ["x", "y"]
    assert environment.time_zone("E", default="UTC") == "Asia/Seoul"
    assert environment.text("absent", default="x") == "x"
    environment.check()


@pytest.mark.parametrize("raw", ["-1", "1.5", "³", "ten", "10 000", "0x10"])
def test_a_number_is_written_in_plain_digits(raw):
    environment = Environment({"N": raw})
    environment.number("N", default=5, low=0, high=100)
    assert environment.problems


def test_settings_file_knows_comments_quotes_and_equals_signs(tmp_path):
    file = tmp_path / "env"
    file.write_text("# why\n\nA = 1\nB='two words'\nC=x=y\n")
    assert read_settings_file(file) == {"A": "1", "B": "two words", "C": "x=y"}


def test_settings_file_that_is_absent_is_empty(tmp_path):
    assert read_settings_file(tmp_path / "env") == {}


@pytest.mark.parametrize("content", [b"no equals sign\n", b"\xff\xfe=1", b"2 X=1"])
def test_settings_file_that_is_none_is_refused(tmp_path, content):
    file = tmp_path / "env"
    file.write_bytes(content)
    with pytest.raises(WrongSettingsFile):
        read_settings_file(file)


def test_nothing_starts_with_wrong_values_and_all_are_told_without_a_traceback(
    tmp_path,
):
    answer = manage(
        "check",
        PRECISO_DATA_DIR=str(tmp_path),
        DEBUG="perhaps",
        TRAINER="magic",
        DATABASE_URL="mysql://user:hunter2@host/db",
        EVAL_SHARE="100",
        TIME_ZONE="Mars/Olympus",
        BUDGET_CURRENCY="usd",
        LOCAL_TRAINING_COMMAND="train 'me",
        TRAINING_MODEL_NAME="a/b",
        MLFLOW_TRACKING_URI="nowhere",
        JOB_LEASE_SECONDS="5",
    )
    assert answer.returncode == 1
    for name in (
        "DEBUG",
        "TRAINER",
        "DATABASE_URL",
        "EVAL_SHARE",
        "TIME_ZONE",
        "BUDGET_CURRENCY",
        "LOCAL_TRAINING_COMMAND",
        "TRAINING_MODEL_NAME",
        "MLFLOW_TRACKING_URI",
        "JOB_LEASE_SECONDS",
        "SECRET_KEY",
    ):
        assert name in answer.stderr
    assert "hunter2" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_settings_file_lies_under_the_real_environment(tmp_path):
    (tmp_path / "env").write_text("SECRET_KEY=filed\nTRAINING_MODEL_NAME=filed\n")
    code = (
        "from django.conf import settings;"
        "print(settings.SECRET_KEY, settings.TRAINING_MODEL_NAME)"
    )
    answer = manage(
        "shell", "-c", code, PRECISO_DATA_DIR=str(tmp_path), TRAINING_MODEL_NAME="real"
    )
    assert answer.stdout.splitlines()[-1] == "filed real"


def test_check_touches_no_disk_and_imports_nothing_heavy(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "x" * 50,
            "PRECISO_DATA_DIR": str(tmp_path / "fresh"),
        },
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert not (tmp_path / "fresh").exists()
    imported = {line.rsplit("|", 1)[-1].strip() for line in answer.stderr.splitlines()}
    heavy = {"mlflow", "sklearn", "scipy", "pandas", "numpy", "torch", "transformers"}
    assert not imported & heavy


def test_the_suite_reads_nothing_from_the_environment():
    answer = manage(
        "check",
        DJANGO_SETTINGS_MODULE="preciso.settings_test",
        DEBUG="perhaps",
        PRECISO_DATA_DIR="/nonexistent",
    )
    assert answer.returncode == 0, answer.stderr


PROTECTION = (
    "from django.conf import settings as s;"
    "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
    "s.SECURE_HSTS_SECONDS > 0, s.DEBUG)"
)


@pytest.mark.parametrize(
    ("behind_tls", "printed"),
    [("on", "True True True True False"), ("off", "False False False False False")],
)
def test_cookies_are_secure_behind_tls_and_usable_without(
    tmp_path, behind_tls, printed
):
    answer = manage(
        "shell",
        "--no-imports",
        "-c",
        PROTECTION,
        PRECISO_DATA_DIR=str(tmp_path),
        SECRET_KEY="x" * 50,
        BEHIND_TLS=behind_tls,
    )
    assert answer.stdout.splitlines()[-1] == printed
