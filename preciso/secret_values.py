"""Which values of an environment are secret, by their names and by how they look.

A company calls its secrets what it likes, so a name that says nothing protects nothing:
a value that no person would type as a word, a path or a number counts as one.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

NAMES = re.compile(
    r"SECRET|PASS(WORD|WD|PHRASE)?(_|$)|TOKEN|CREDENTIAL|API_?KEY|(^|_)(KEY|PWD|PW|"
    r"AUTH|DSN|SALT|PIN|PRIVATE|CERT|COOKIE|SIGNATURE|WEBHOOK)(_|$)",
    re.I,
)
# Of the shell and of the system: they say where and who, and change nothing by it.
PLAIN_NAMES = re.compile(
    r"^(PATH|PWD|OLDPWD|HOME|USER|LOGNAME|SHELL|TERM|LANG|LANGUAGE|TZ|TMPDIR|HOSTNAME|"
    r"HOST|EDITOR|PAGER|LS_COLORS|PS1|_|SHLVL|DISPLAY|VIRTUAL_ENV|LC_[A-Z]+|"
    r"LD_LIBRARY_PATH|CUDA_VISIBLE_DEVICES|XDG_[A-Z_]+|PYTHON[A-Z]*|[A-Z_]*_VERSION|"
    r"DJANGO_SETTINGS_MODULE|TRAINING_MODEL_NAME|LOCAL_TRAINING_COMMAND|"
    r"PROTECTED_ATTRIBUTES|FAVOURABLE_DECISIONS|ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS)$"
)
SHORTEST = 6  # a shorter one would blank out ordinary words
LEAST_GENERATED = 12  # characters of a value that looks generated
LONGEST_WORD = 20  # letters; a longer run of them is no word
SHORT_RUNS = 2.3  # letters of one case in a row, on average, that a word is longer than
PATH = re.compile(r"(~|\.{0,2})/\S*|[A-Za-z]:\\.*")
TOKEN = re.compile(r"[^\s;,&=\"'{}\[\]]+")


def among(values: Mapping[str, str]) -> list[str]:
    """The longest first, so that one which contains another goes as a whole."""
    secrets = {
        secret
        for name, value in values.items()
        for secret in _of(name, value.strip())
        if len(secret) >= SHORTEST
    }
    return sorted(secrets, key=lambda secret: (-len(secret), secret))


def _of(name: str, value: str) -> Iterator[str]:
    if PLAIN_NAMES.search(name):
        return
    yield from _of_address(value)
    if NAMES.search(name) and not PATH.fullmatch(value):
        yield value
        if "\n" in value:  # logs are read line by line
            yield from (line.strip() for line in value.splitlines())
    elif "://" not in value:
        yield from (each for each in TOKEN.findall(value) if _looks_generated(each))


def _of_address(value: str) -> Iterator[str]:
    """The password in an address, as written and as meant, and what else in it looks
    generated: the address of a webhook is a secret itself."""
    if "://" not in value:
        return
    try:
        parts = urlsplit(value)
        password = parts.password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
    pieces = [*parts.path.split("/"), *(each for _name, each in parse_qsl(parts.query))]
    yield from (piece for piece in pieces if _looks_generated(piece))


def _looks_generated(token: str) -> bool:
    """No word, number, path or name: letters and figures in turns, or letters without
    end, or in no order of capital and small ones."""
    if len(token) < LEAST_GENERATED or PATH.fullmatch(token):
        return False
    letters = [len(run) for run in re.findall(r"[A-Za-z]+", token)]
    if not letters:
        return False
    if re.search(r"[0-9]", token):
        return len(re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+", token)) >= 3
    cases = re.findall(r"[A-Z]+|[a-z]+", token)
    in_no_order = len(cases) >= 5 and sum(letters) / len(cases) < SHORT_RUNS
    return in_no_order or max(letters) > LONGEST_WORD
