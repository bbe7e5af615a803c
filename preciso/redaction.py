"""Texts without the secrets of the environment."""

import re

from django.conf import settings

REDACTED = "[redacted]"
_PASSWORD_IN_ADDRESS = re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@")


def redact(text: str) -> str:
    for secret in settings.SECRETS:
        text = text.replace(secret, REDACTED)
    return text


def redact_addresses(text: str) -> str:
    """Neither the secrets, nor what stands as a password in any address."""
    return _PASSWORD_IN_ADDRESS.sub(rf"\1:{REDACTED}@", redact(text))
