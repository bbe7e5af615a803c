"""What a page asks for several times is read from the database once.

A page is put together of parts that do not know each other: its navigation, its cards
and its forms all want the policy. While a request only reads, the first answer serves
all of them; a request that writes, a command and the worker ask every time.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


def read_once(function: Callable[P, R]) -> Callable[P, R]:
    """Keep the answer for as long as one request reads; for functions that only read.

    Whoever gets the answer must not change it. Arguments must be hashable.
    """

    @wraps(function)
    def read(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = _answers.get()
        if answers is None:
            return function(*args, **kwargs)
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in answers:
            answers[key] = function(*args, **kwargs)
        answer: R = answers[key]
        return answer

    return read


@contextmanager
def reading() -> Iterator[None]:
    """While one request is answered that writes nothing."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)
