"""Asking a signed-in person for their password once more, with the sign-in's limits."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from training.services.sign_in import guard


@dataclass(frozen=True)
class PasswordCheck:
    """The result of one try; ``wait`` is for how many seconds no try is allowed."""

    is_right: bool
    wait: int = 0


def check_password(person: User, password: str, *, address: str) -> PasswordCheck:
    """Check a password typed at this network address, counted as a sign-in is."""
    door = guard.attempt_by(person.get_username(), address)
    wait = guard.count_attempt(door)
    if wait:
        return PasswordCheck(False, wait)
    if not person.check_password(password):
        return PasswordCheck(False)
    guard.clear_after_success(door)
    return PasswordCheck(True)
