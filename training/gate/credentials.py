"""Secrets in a text: keys, tokens, passwords.

The token formats are those that gitleaks' public rules know by their prefix; only what
its issuer made recognizable is looked for by shape. An unknown secret is found where it
is assigned to a name that says so and is too random to be a word (Shannon entropy).
"""

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from training.gate.pattern_cache import compiled

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
    r")(?![0-9A-Za-z])"
)
# How such tokens begin: most texts hold none of these, and need no closer look.
TOKEN_MARKS = (
    *("A3T", "AKIA", "ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    *("github_pat_", "glpat-", "gldt-", "glrt-", "glcbt-", "xox", "xapp-", "AIza"),
    *("k_live_", "k_test_", "sk-", "SG.", "npm_", "pypi-", "hf_", "pml_"),
)
DOTTED = re.compile(r"[0-9A-Za-z_-]++(?:\.[0-9A-Za-z_-]++){2,}")
JWT_HEAD = re.compile(r"(?<![0-9A-Za-z])eyJ[0-9A-Za-z_-]{8}")
BEARER = re.compile(
    r"\bauthorization[\"']?\s*:\s*(?:bearer|basic)\s+\S{16,}", re.IGNORECASE
)
IN_ADDRESS = re.compile(
    r"://(?<=[a-z0-9+.-]{2}://)[^\s/:@]++:[^\s/@]++@", re.IGNORECASE
)
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
PASSWORD_WORDS = ("passw", "passphrase", "pwd", "비밀번호", "암호")
ASSIGNED_WORDS = ("secret", "key", "token", "credential")
NO_SECRET = re.compile(
    r"[*xX•.]+|\$?\{.*|none|null|true|false|yes|no|unknown|required|changed|reset"
    r"|expired|missing|redacted|hidden",
    re.IGNORECASE,
)
SHORT_PASSWORD = 6
RANDOM = 3.5  # bits a character; words and numbers stay below


def find_credentials(text: str) -> Iterator[str]:
    """The kinds of secrets the text holds; never the secrets."""
    words = text.lower().replace("\u017f", "s")  # as IGNORECASE reads the long s
    if PRIVATE_KEY.search(text):
        yield "private_key"
    if _holds_token(text) or _holds_bearer(text, words) or _holds_assigned(text, words):
        yield "access_token"
    if IN_ADDRESS.search(text) or _holds_password(text, words):
        yield "password"


def _holds_token(text: str) -> bool:
    marked = any(mark in text for mark in TOKEN_MARKS)
    return (marked and compiled(TOKENS).search(text) is not None) or _holds_jwt(text)


def _holds_jwt(text: str) -> bool:
    """Three parts between dots, of which the second begins like the first."""
    if ".eyJ" not in text:
        return False
    rows = (found[0].split(".") for found in DOTTED.finditer(text))
    return any(_is_jwt(*row[at : at + 3]) for row in rows for at in range(len(row) - 2))


def _is_jwt(head: str, claims: str, signature: str) -> bool:
    is_long = len(claims) >= 7 and len(signature) >= 8
    return claims.startswith("eyJ") and is_long and bool(JWT_HEAD.search(head))


def _holds_bearer(text: str, words: str) -> bool:
    return "authorization" in words and BEARER.search(text) is not None


def _holds_password(text: str, words: str) -> bool:
    if not any(word in words for word in PASSWORD_WORDS):
        return False
    return any(_is_password(m["value"], m["by"]) for m in PASSWORD.finditer(text))


def _is_password(value: str, assigned_by: str) -> bool:
    """After a colon, where facts put their values too, only what looks like one."""
    if NO_SECRET.fullmatch(value):
        return False
    if assigned_by == "=":
        return True
    return len(value) >= SHORT_PASSWORD and _is_mixed(value)


def _holds_assigned(text: str, words: str) -> bool:
    if not any(word in words for word in ASSIGNED_WORDS):
        return False
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
