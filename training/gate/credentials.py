"""Secrets in a text: keys, tokens, passwords.

The token formats are those that gitleaks' public rules know by their prefix; only what
its issuer made recognizable is looked for by shape. An unknown secret is found where it
is assigned to a name that says so and is too random to be a word (Shannon entropy).
"""

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from training.gate.patterns import compiled

PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
TOKENS = (
    r"(?<![0-9A-Za-z])(?:"
    r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{22,}"
    r"|gl(?:pat|dt|rt|cbt)-[0-9A-Za-z_-]{20}"  # GitLab
    r"|xox[abeoprs]-[0-9A-Za-z-]{10,}|xapp-[0-9]-[0-9A-Za-z-]{10,}"  # Slack
    r"|AIza[0-9A-Za-z_-]{35}"  # Google
    r"|[rs]k_(?:live|test)_[0-9A-Za-z]{16,}"  # Stripe
    r"|sk-(?:ant-|proj-)?[0-9A-Za-z_-]{32,}"
    r"|SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"  # SendGrid
    r"|npm_[0-9A-Za-z]{36}|pypi-[0-9A-Za-z_-]{50,}|hf_[0-9A-Za-z]{30,}"
    r"|pml_[0-9A-Za-z_-]{43}"  # our own API tokens
    r"|eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{4,}\.[0-9A-Za-z_-]{8,}"  # JWT
    r")(?![0-9A-Za-z])"
)
BEARER = re.compile(
    r"\bauthorization[\"']?\s*:\s*(?:bearer|basic)\s+\S{16,}", re.IGNORECASE
)
IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s/:@]+:[^\s/@]+@", re.IGNORECASE)
PASSWORD = re.compile(
    r"(?:password|passwd|passphrase|\bpwd|비밀번호|암호)[\"']?\s*(?P<by>=|:)\s*"
    r"[\"']?(?P<value>[^\s\"'<>,;]{4,})",
    re.IGNORECASE,
)
ASSIGNED = re.compile(
    r"(?:secret|api[_ -]?key|access[_ -]?key|token|credential)[\w-]{0,20}[\"']?"
    r"\s*(?::=|=>|=|:)\s*[\"']?(?P<value>[0-9A-Za-z+/_=.~-]{16,200})",
    re.IGNORECASE,
)
NO_SECRET = re.compile(
    r"[*xX•.]+|\$?\{.*|none|null|true|false|yes|no|unknown|required|changed|reset"
    r"|expired|missing|redacted|hidden",
    re.IGNORECASE,
)
SHORT_PASSWORD = 6
RANDOM = 3.5  # bits a character; words and numbers stay below


def find_credentials(text: str) -> Iterator[str]:
    """The kinds of secrets the text holds; never the secrets."""
    if PRIVATE_KEY.search(text):
        yield "private_key"
    if compiled(TOKENS).search(text) or BEARER.search(text) or _holds_assigned(text):
        yield "access_token"
    if IN_ADDRESS.search(text) or _holds_password(text):
        yield "password"


def _holds_password(text: str) -> bool:
    return any(_is_password(m["value"], m["by"]) for m in PASSWORD.finditer(text))


def _is_password(value: str, assigned_by: str) -> bool:
    """After a colon, where facts put their values too, only what looks like one."""
    if NO_SECRET.fullmatch(value):
        return False
    if assigned_by == "=":
        return True
    return len(value) >= SHORT_PASSWORD and _is_mixed(value)


def _holds_assigned(text: str) -> bool:
    values = (found["value"] for found in ASSIGNED.finditer(text))
    return any(_is_mixed(value) and _entropy(value) >= RANDOM for value in values)


def _is_mixed(value: str) -> bool:
    """Letters with something else among them."""
    letters = sum(letter.isalpha() for letter in value)
    return 0 < letters < len(value)


def _entropy(value: str) -> float:
    """Shannon's, in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * log2(n / len(value)) for n in counts)
