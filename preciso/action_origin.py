"""By which way the current action came in, for whoever records what it caused.

The origin is a context variable: middleware and commands set it, the audit trail reads
it, and nothing has to pass it through every call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from preciso.refusal_responses import is_api_path

PAGE, API, ADMIN, COMMAND, SYSTEM = "page", "api", "admin", "command", "system"
REQUESTS = {PAGE, API, ADMIN}
UNATTENDED = {"run_huey", "mirror"}  # commands that run without a person


@dataclass(frozen=True)
class ActionOrigin:
    """``token``: the prefix of the API token that was used; empty without one.

    ``password_is_fresh``: the password was typed in this session a short while ago.
    """

    via: str = SYSTEM
    token: str = ""
    password_is_fresh: bool = False

    @property
    def is_session(self) -> bool:
        """Whether somebody acts who signed in with a password, not with a token."""
        return self.via in REQUESTS and not self.token


_current: ContextVar[ActionOrigin] = ContextVar("origin", default=ActionOrigin())  # noqa: B039


def current() -> ActionOrigin:
    """Outside of requests and commands it is the system itself: a worker."""
    return _current.get()


@contextmanager
def through(via: str) -> Iterator[None]:
    """Everything inside the block came in by this way, without a token at first."""
    token = _current.set(ActionOrigin(via))
    try:
        yield
    finally:
        _current.reset(token)


def note_token(prefix: str) -> None:
    """From here to the end of the request a token acts, not a signed-in person."""
    _current.set(replace(_current.get(), token=prefix))


def note_fresh_password(is_fresh: bool) -> None:
    """Say whether the password was typed in this session a short while ago."""
    _current.set(replace(_current.get(), password_is_fresh=is_fresh))


def via_of_path(path: str) -> str:
    """The way that a request with this path comes in by."""
    if is_api_path(path):
        return API
    return ADMIN if path.startswith("/admin/") else PAGE


def via_of_command(argv: list[str]) -> str:
    """The way that ``manage.py`` with these arguments stands for."""
    return SYSTEM if UNATTENDED.intersection(argv[1:2]) else COMMAND
