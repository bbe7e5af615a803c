"""Why MLflow did not take something: a code, from the error that was raised."""

import errno
from collections.abc import Iterator

from requests import exceptions

from mlops.choices import MirrorTrouble

# The errors of a peer that does not answer.
SILENCES = (
    ConnectionError,
    TimeoutError,
    exceptions.ConnectionError,
    exceptions.Timeout,
)
# Codes of MLflow's own exceptions.
NO_ANSWER = ("TEMPORARILY_UNAVAILABLE", "DEADLINE_EXCEEDED")
NOT_LET_IN = ("CUSTOMER_UNAUTHORIZED", "UNAUTHENTICATED", "PERMISSION_DENIED")


class NotYet(Exception):
    """It can be told only after something else has been."""


def trouble_of(error: BaseException) -> MirrorTrouble:
    """What went wrong, from the kind of error and its code, never from its words.

    MLflow wraps the error of the library below it: the nearest that tells is taken.
    """
    if isinstance(error, NotYet):
        return MirrorTrouble.NOT_YET
    for cause in _causes(error):
        trouble = _trouble(cause)
        if trouble is not None:
            return trouble
    return MirrorTrouble.REFUSED


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from or while handling."""
    following: BaseException | None = error
    visited: set[int] = set()
    while following is not None and id(following) not in visited:
        visited.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _trouble(error: BaseException) -> MirrorTrouble | None:
    code = getattr(error, "error_code", "")
    if code in NOT_LET_IN:
        return MirrorTrouble.NOT_LET_IN
    if code in NO_ANSWER or isinstance(error, SILENCES):
        return MirrorTrouble.NO_ANSWER
    full = getattr(error, "errno", None) == errno.ENOSPC
    if full or getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return MirrorTrouble.NO_ROOM
    return None
