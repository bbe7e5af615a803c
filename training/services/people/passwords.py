"""Whether who sits there is who signed in: the password, guarded as at the door."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from training.services.sign_in import guard


@dataclass(frozen=True)
class Tried:
    """``wait``: for so many seconds no password is looked at."""

    is_right: bool
    wait: int = 0


def try_password(person: User, password: str, *, address: str) -> Tried:
    at = guard.door(person.get_username(), address)
    wait = guard.enter(at)
    if wait:
        return Tried(False, wait)
    if not person.check_password(password):
        return Tried(False)
    guard.succeeded(at)
    return Tried(True)
