"""The id of the current request, for everything that records what it caused."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id; empty in a worker or a command, outside of any request."""
    return _current.get()


@contextmanager
def new() -> Iterator[str]:
    """Use a new id inside the block. An id that a client sends is never used."""
    new_id = secrets.token_hex(6)
    token = _current.set(new_id)
    try:
        yield new_id
    finally:
        _current.reset(token)
