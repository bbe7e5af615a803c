"""The id of the request that is being answered, for whoever records what it caused."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Empty outside of a request: a worker, a command."""
    return _current.get()


@contextmanager
def new() -> Iterator[str]:
    """A fresh id while a request is answered; nothing a client sends is believed."""
    made = secrets.token_hex(6)
    token = _current.set(made)
    try:
        yield made
    finally:
        _current.reset(token)
