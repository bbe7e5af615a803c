"""Hashes that cannot be guessed by whoever has not the row that they are over.

Of a value with few possibilities (an age group) a plain hash is as good as the value:
each is tried. With a random salt it is not, and once row and salt are erased, never.
"""

import hmac
import secrets

SALT_BYTES = 16


def new_salt() -> str:
    return secrets.token_hex(SALT_BYTES)


def salted(salt: str, sha256: str) -> str:
    """The hash under a salt; as it is where the row is older than salts."""
    if not salt:
        return sha256
    return hmac.digest(salt.encode(), sha256.encode(), "sha256").hex()
