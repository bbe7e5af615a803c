"""Why a file cannot be read, as a code and parameters; pages and commands say it."""

from typing import Any


class UnreadableFile(Exception):
    """The file as a whole cannot be read. ``code`` names why, ``params`` the places."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params
