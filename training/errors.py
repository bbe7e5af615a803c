"""What the services refuse, in one sentence each.

Adapters translate: the API answers ``status_code`` with ``code`` and the sentence,
pages show the sentence beside what was pressed.
"""

from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _


class StoredSentence(Protocol):
    """A sentence that can be kept, and said in another language when it is read."""

    def as_json(self) -> dict[str, Any]:
        """A code and parameters."""


class DomainError(Exception):
    """A refusal that a person can read and act on."""

    status_code = 409
    code = "conflict"

    def __init__(
        self, detail: str | Promise | StoredSentence, *, code: str = ""
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        if code:
            self.code = code

    def __str__(self) -> str:
        return str(self.detail)

    def as_json(self) -> dict[str, Any]:
        """What is kept of it: ``{"code", "params"}``, and never a sentence."""
        if isinstance(self.detail, str | Promise):
            return {"code": self.code, "params": {}}
        return self.detail.as_json()


class StaleState(DomainError):
    """Somebody else was first, or the state does not allow the move."""

    code = "stale_state"


class NotAllowedNow(DomainError):
    """The state of things does not allow this; nothing was changed."""

    code = "not_allowed"


class InvalidInput(DomainError):
    """What was given cannot be understood or used; nothing was written."""

    status_code = 400
    code = "invalid"


class TooLarge(DomainError):
    """More was sent than is accepted at once."""

    status_code = 413
    code = "too_large"


class Forbidden(DomainError):
    """This person may not do this to this object (beyond plain permissions)."""

    status_code = 403
    code = "forbidden"


class PasswordNeeded(Exception):
    """The same act is carried out once the password was typed; nothing was done.

    No refusal of the act, so nobody who catches refusals catches it: pages and the
    admin ask for the password there and then, the API answers it.
    """

    status_code = 403
    code = "password_needed"

    def __str__(self) -> str:
        return _(
            "Type your password once more at /signin/again/, then send this again; "
            "nothing was done."
        )
