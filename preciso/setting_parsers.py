"""URLs of services, turned into the settings Django wants.

Each function raises ValueError with the end of a sentence that starts with the name
of the variable, and never repeats a URL, which may hold a password.
"""

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

SQLITE_OPTIONS = {
    # Writers queue up instead of failing when a read turns into a write.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": "5",
    # Compiling a query takes longer than any of ours does.
    "options": "-c jit=off",
}
MODEL_NAME = re.compile(r"[^/:\s][^/:]{0,99}")


def database(url: str, *, base_dir: Path) -> dict[str, Any]:
    """One entry of DATABASES; a relative SQLite path counts from `base_dir`."""
    parts = _split(url)
    if parts.scheme == "sqlite":
        return _sqlite(parts, base_dir)
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgresql(parts)
    raise ValueError("starts with neither sqlite:/// nor postgresql://.")


def _sqlite(parts: SplitResult, base_dir: Path) -> dict[str, Any]:
    path = unquote(parts.path).removeprefix("/")
    if parts.netloc or not path:
        raise ValueError("needs three slashes and a path, such as sqlite:////data/db.")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path if path == ":memory:" else str(base_dir / path),
        # Opening a connection takes longer than all queries of a request together.
        "CONN_MAX_AGE": 60,
        "OPTIONS": dict(SQLITE_OPTIONS),
    }


def _postgresql(parts: SplitResult) -> dict[str, Any]:
    name = unquote(parts.path).removeprefix("/")
    if not name:
        raise ValueError("names no database: postgresql://user:password@host/name.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # A directory in ?host= is a Unix socket, as libpq reads it.
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**POSTGRESQL_OPTIONS, **options},
    }


def redis(url: str) -> str:
    """A Redis URL whose every wait ends; "" stays ""."""
    if not url:
        return ""
    parts = _split(url)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("starts with none of redis://, rediss://, unix://.")
    waits = {"socket_connect_timeout": "2", "socket_timeout": "2"}
    query = urlencode({**waits, **dict(parse_qsl(parts.query))})
    return parts._replace(query=query).geturl()


def email(url: str) -> dict[str, Any]:
    """The EMAIL_* settings; "" writes mail to the log."""
    parts = _split(url or "console://")
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("is none of console://, smtp://host:25, smtps://host:465.")
    sender = dict(parse_qsl(parts.query)).get("from")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.port == 587,
        "EMAIL_TIMEOUT": 10,
        **({"DEFAULT_FROM_EMAIL": sender} if sender else {}),
    }


def outside(url: str) -> str:
    """A server to which we post; plain http only on this machine."""
    parts = _split(url)
    local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if url and parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError("does not begin with https://.")
    return url


def tracking(uri: str) -> str:
    """An MLflow tracking URI, or "off"."""
    if uri != "off" and not urlsplit(uri).scheme:
        raise ValueError("is neither off nor a URI such as http://127.0.0.1:5000.")
    return uri


def command(line: str) -> str:
    """A command line that can be split into words."""
    try:
        shlex.split(line)
    except ValueError as error:
        raise ValueError(f"is no command line: {error}.") from error
    return line


def model_name(name: str) -> str:
    """A name that MLflow accepts too."""
    if not MODEL_NAME.fullmatch(name):
        raise ValueError(f"{name!r} holds a / or a :, or is over 100 characters.")
    return name


def _split(url: str) -> SplitResult:
    """The parts of a URL, its port checked."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}.") from error
    return parts
