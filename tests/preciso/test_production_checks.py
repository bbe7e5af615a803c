"""A start that others can reach is refused where it would be an open door."""

import string

import pytest

from preciso.production_checks import faults
from tests.preciso.test_env import manage

STRONG = string.ascii_letters + string.digits
HOSTS = ["mlops.example.com"]


def told(**given):
    start = {"debug": False, "key": STRONG, "hosts": HOSTS, "tls": True, **given}
    return " ".join(faults(**start))


def test_a_strong_key_and_named_hosts_start():
    assert told() == ""


@pytest.mark.parametrize(
    "key",
    ["short", "a" * 80, "ab" * 40, "django-insecure-" + STRONG, "x" * 49],
)
def test_a_weak_key_starts_nothing_that_others_can_reach(key):
    assert "SECRET_KEY" in told(key=key)
    assert told(key=key, hosts=["localhost", "127.0.0.1", "[::1]"]) == ""
    assert told(key=key, debug=True, tls=False) == ""


def test_a_star_is_no_host():
    assert "ALLOWED_HOSTS=*" in told(hosts=["mlops.example.com", "*"])


def test_debug_is_not_for_a_place_behind_tls():
    assert "DEBUG=on with BEHIND_TLS=on" in told(debug=True, hosts=["localhost"])


def test_all_faults_come_in_one_message(tmp_path):
    start = manage(
        "check",
        PRECISO_DATA_DIR=str(tmp_path),
        SECRET_KEY="short",
        ALLOWED_HOSTS="*",
        TRUSTED_PROXIES="many",
    )

    assert start.returncode != 0
    assert "3 wrong value(s)" in start.stderr
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "TRUSTED_PROXIES"):
        assert name in start.stderr
    assert "short" not in start.stderr.replace("is short or", "")
