from pathlib import Path

import pytest

from preciso import setting_parsers

HERE = Path("/srv/preciso")


def test_sqlite_path_is_relative_to_the_project_or_absolute():
    relative = setting_parsers.database("sqlite:///x/a.db", base_dir=HERE)
    absolute = setting_parsers.database("sqlite:////data/a%20b.db", base_dir=HERE)
    assert relative["NAME"] == "/srv/preciso/x/a.db"
    assert absolute["NAME"] == "/data/a b.db"
    assert relative["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_postgresql_url_is_read_whole():
    entry = setting_parsers.database(
        "postgres://me:p%40ss@db.example:5433/preciso?sslmode=require", base_dir=HERE
    )
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["USER"], entry["PASSWORD"]) == ("me", "p@ss")
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == (
        "db.example",
        "5433",
        "preciso",
    )
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert entry["CONN_HEALTH_CHECKS"] is True
    assert entry["OPTIONS"]["options"] == "-c jit=off"


def test_what_a_pooler_refuses_can_be_left_out():
    entry = setting_parsers.database("postgres://db/preciso?options=", base_dir=HERE)
    assert entry["OPTIONS"]["options"] == ""


def test_postgresql_socket_directory_is_a_host():
    entry = setting_parsers.database(
        "postgresql:///preciso?host=/run/postgresql", base_dir=HERE
    )
    assert entry["HOST"] == "/run/postgresql"
    assert "host" not in entry["OPTIONS"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://h/db",
        "sqlite://",
        "sqlite:///",
        "sqlite://host/a.db",
        "postgresql://host",
        "postgresql://host:port/db",
        "/just/a/path",
    ],
)
def test_wrong_database_urls_are_refused(url):
    with pytest.raises(ValueError, match=r"."):
        setting_parsers.database(url, base_dir=HERE)


def test_every_wait_for_redis_ends():
    url = setting_parsers.redis("rediss://:secret@r:6380/1?socket_timeout=9")
    assert "socket_connect_timeout=2" in url
    assert "socket_timeout=9" in url
    assert url.startswith("rediss://:secret@r:6380/1?")


@pytest.mark.parametrize("url", ["http://r", "localhost:6379", "redis"])
def test_wrong_redis_urls_are_refused(url):
    with pytest.raises(ValueError, match="redis://"):
        setting_parsers.redis(url)


def test_mail_goes_to_the_log_unless_a_server_is_named():
    assert "console" in setting_parsers.email("")["EMAIL_BACKEND"]
    named = setting_parsers.email("smtp://me:pw@mail:587/?from=a@b.example")
    assert (named["EMAIL_HOST"], named["EMAIL_PORT"]) == ("mail", 587)
    assert named["EMAIL_USE_TLS"] is True
    assert named["DEFAULT_FROM_EMAIL"] == "a@b.example"
    assert setting_parsers.email("smtps://mail")["EMAIL_PORT"] == 465


@pytest.mark.parametrize("url", ["imap://mail", "smtp:", "mail.example"])
def test_wrong_mail_urls_are_refused(url):
    with pytest.raises(ValueError, match="smtp://"):
        setting_parsers.email(url)
