"""Secrets in a text: keys, tokens, passwords.

Tokens whose issuer made them recognizable are looked for by their format; the formats
are those of gitleaks' public rules. Any other secret is recognized where it is assigned
to a name that says so and is too random to be a word (Shannon entropy).
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
    if _holds_token(text, words) or _holds_assigned_secret(text, words):
        yield "access_token"
    if IN_ADDRESS.search(text) or _holds_password(text, words):
        yield "password"


def _holds_token(text: str, words: str) -> bool:
    if any(mark in text for mark in TOKEN_MARKS) and compiled(TOKENS).search(text):
        return True
    if "authorization" in words and BEARER.search(text):
        return True
    if ".eyJ" not in text:
        return False
    # A JSON Web Token (RFC 7519) is three parts between dots. The first and the second
    # are JSON objects, and Base64 writes the begin of one as "eyJ".
    for match in DOTTED.finditer(text):
        parts = match[0].split(".")
        for head, claims, signature in zip(parts, parts[1:], parts[2:], strict=False):
            is_long = len(claims) >= 7 and len(signature) >= 8
            if claims.startswith("eyJ") and is_long and JWT_HEAD.search(head):
                return True
    return False


def _holds_password(text: str, words: str) -> bool:
    if not any(word in words for word in PASSWORD_WORDS):
        return False
    for match in PASSWORD.finditer(text):
        value = match["value"]
        if NO_SECRET.fullmatch(value):
            continue
        # Facts put their values after a colon, so there it has to look like a password.
        looks_like_one = len(value) >= SHORT_PASSWORD and _is_mixed(value)
        if match["by"] == "=" or looks_like_one:
            return True
    return False


def _holds_assigned_secret(text: str, words: str) -> bool:
    if not any(word in words for word in ASSIGNED_WORDS):
        return False
    values = (match["value"] for match in ASSIGNED.finditer(text))
    return any(_is_mixed(value) and _entropy(value) >= RANDOM for value in values)


def _is_mixed(value: str) -> bool:
    """Letters with something else among them."""
    letters = sum(letter.isalpha() for letter in value)
    return 0 < letters < len(value)


def _entropy(value: str) -> float:
    """Shannon's entropy of the characters, in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * log2(n / len(value)) for n in counts)
