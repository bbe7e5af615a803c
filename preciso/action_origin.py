"""Which way what happens now came in, for whoever records what it caused."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

PAGE, API, ADMIN, COMMAND, SYSTEM = "page", "api", "admin", "command", "system"
OF_REQUESTS = {PAGE, API, ADMIN}
BY_ITSELF = {"run_huey", "mirror"}  # programs that nobody sits before


@dataclass(frozen=True)
class Acting:
    """``token``: the prefix of the token that was shown; empty without one.

    ``proved``: in this session the password was typed lately.
    """

    via: str = SYSTEM
    token: str = ""
    proved: bool = False

    @property
    def is_session(self) -> bool:
        return self.via in OF_REQUESTS and not self.token


_current: ContextVar[Acting] = ContextVar("acting", default=Acting())  # noqa: B039


def current() -> Acting:
    """Outside of a request and a command it is the system itself: a worker."""
    return _current.get()


@contextmanager
def through(via: str) -> Iterator[None]:
    """All that happens inside came in this way, and without a token so far."""
    token = _current.set(Acting(via))
    try:
        yield
    finally:
        _current.reset(token)


def note_token(prefix: str) -> None:
    """From here to the end of the request a token acts, not a person who is here."""
    _current.set(replace(_current.get(), token=prefix))


def note_proof(proved: bool) -> None:
    """From here to the end of the request: whether the password was typed lately."""
    _current.set(replace(_current.get(), proved=proved))


def way_of(path: str) -> str:
    """The way that the address of a request stands for."""
    if path.startswith(("/api/", "/v1/")):
        return API
    return ADMIN if path.startswith("/admin/") else PAGE


def way_of_command(argv: list[str]) -> str:
    """The way that `manage.py` with these arguments stands for."""
    return SYSTEM if BY_ITSELF.intersection(argv[1:2]) else COMMAND
