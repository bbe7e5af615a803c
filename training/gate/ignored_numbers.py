"""Digits that measure nothing: ids, dates, ordinals, list numbers, references.

Only what is clearly one of these is left out of the count: a bare ``2020`` counts as a
number, ``in 2020`` does not.

A text is read from one digit to the next, in time linear in its length. A pattern that
is tried again and again over the same letters would end that; the test is
``tests/training/test_gate_linear.py``.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from string import ascii_letters

from training.gate.numerals import CODES
from training.gate.pattern_cache import compiled

MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
YEAR = "(?:19|20)[0-9]{2}"
NO_MEASURE = r"(?![0-9]|[.,][0-9]|\s?%)"
REFERENCE = (
    "no\\.|nr\\.|item|section|sec\\.|clause|article|art\\.|paragraph|page|pp?\\."
    "|table|figure|fig\\.|step|appendix|annex|chapter|footnote|exhibit|id"
)
# A word, and what makes it a web or a mail address.
ADDRESS = re.compile(r"[\w.+-]++(?:(?P<web>://(?=\S))|(?P<mail>@[\w-]+\.[\w.-]+))?")
LETTER, FILLED = re.compile("[A-Za-z]"), re.compile(r"\S+")
DIGITS = re.compile("[0-9]+")
NAME_LETTERS = ascii_letters + "_"
# Digits next to a letter, a hyphen or an underscore are part of a name.
NAME_DIGITS = re.compile(
    r"[0-9](?<![0-9][0-9])(?:(?<=[A-Za-z_-][0-9])[0-9]*+|[0-9]*+(?=[A-Za-z-]))"
)
GOES_ON = re.compile(r"[\w%]|[.,][0-9]")
IDENTIFIERS = [
    r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])",
    # BOS-0002, Q3, FY2023, COVID-19; not USD5,000
    rf"(?<![0-9A-Za-z_])(?!(?:{CODES})-?[.0-9])[A-Za-z_]+-?[0-9][0-9A-Za-z_]*"
    r"(?:[-_][0-9A-Za-z]+)*(?![.,][0-9])",
    # 3Q24; not 1e5
    r"(?<![0-9A-Za-z_.,])(?![0-9]+[eE][0-9]+(?![0-9A-Za-z]))"
    r"[0-9]+[A-Za-z]+[0-9][0-9A-Za-z]*",
]
DATE_LIKE = [
    rf"{YEAR}\s?[-./]\s?[0-9]{{1,2}}\s?[-./]\s?[0-9]{{1,2}}{NO_MEASURE}",
    rf"(?<![0-9.,])[0-9]{{1,2}}[./][0-9]{{1,2}}[./]{YEAR}{NO_MEASURE}",
    rf"(?<![0-9.,-]){YEAR}-(?:0[1-9]|1[0-2]){NO_MEASURE}",
    r"(?<![0-9:])[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9:])",
    rf"\b{MONTH}\.?\s[0-9]{{1,2}}(?:st|nd|rd|th)?(?:,?\s{YEAR})?{NO_MEASURE}",
    rf"(?<![0-9.,])[0-9]{{1,2}}(?:st|nd|rd|th)?\s{MONTH}\b(?:\.?,?\s{YEAR})?",
    rf"\b{MONTH}\.?,?\s(?:of\s)?{YEAR}{NO_MEASURE}",
    rf"(?<![0-9.,]){YEAR}\s?년",
    r"(?<![0-9.,])[0-9]{1,2}\s?월(?:\s?[0-9]{1,2}\s?일)?",
    r"(?<![0-9.,])[1-4]\s?분기",
    rf"\b(?:[Ii]n|[Ss]ince|[Dd]uring|[Yy]ears?|[Ff]iscal|FY|[Cc]alendar)\s{YEAR}"
    rf"(?:\s?[-\u2013/~]\s?(?:{YEAR}|[0-9]{{2}}))?{NO_MEASURE}",
    r"(?<![0-9.,])[0-9]+(?:st|nd|rd|th)\b",
    r"제\s?[0-9]+(?:[조항호차회장절])?",
    r"(?<![0-9.,])[0-9]+조\s?제?[0-9]+항",
    r"(?<![0-9.,])[0-9]+(?:번째|차(?![가-힣]))",
    rf"(?i:\b(?:{REFERENCE}))\s?[:#]?\s?[0-9]+(?:\.[0-9]+)*{NO_MEASURE}",
    r"[#№§]\s?[0-9]+(?:\.[0-9]+)*",
    r"(?m:^[^\S\n]{0,8}\(?[0-9]{1,2}[.)](?=\s))",
    r"\[[0-9]{1,3}\]",
    r"(?<![0-9.,])[0-9]+(?:-[0-9]+){2,}",  # telephone and account numbers
    r"(?<![0-9.,])(?![0-9]{1,3}(?:\.[0-9]{3})+(?![0-9.]))[0-9]+(?:\.[0-9]+){2,}",
    # 007; not the zeros of 1 000, 1'000 or 1e+06
    r"(?<![0-9.,:'\u2019])(?<![0-9][ \u00a0\u2009\u202f])(?<![eE][+-])0[0-9]+"
    r"(?![0-9]|[.,][0-9])",
]
ID_PATTERN = "|".join(IDENTIFIERS)
# Digits that no pattern matches fall into the last group, so that each is tried once.
DATE_LIKE_STARTS = r"(?=[0-9#№§제\[]|\b[A-Za-z]|(?m:^))"
DATE_LIKE_PATTERN = f"{DATE_LIKE_STARTS}(?:{'|'.join(DATE_LIKE)}|(?P<measure>[0-9]+))"
REACH = 16  # characters; no pattern of DATE_LIKE begins farther before its first digit
Span = tuple[int, int]


def without_ids(text: str) -> str:
    """The text of facts without ids: their dates and ordinals stay, for an answer may
    repeat those."""
    text = _blanked(text, _addresses(text))
    return _blanked(text, _identifiers(text))


def measures_only(text: str, labels: Iterable[str]) -> str:
    """The text of an answer without ids, dates and the like, and without ``labels``
    that have digits: the decision, and the names and periods of facts.
    """
    with_digits = {label for label in labels if DIGITS.search(label)}
    text = without_ids(_blanked(text, _labels(text, with_digits)))
    return _blanked(text, _date_likes(text))


def _blanked(text: str, spans: Iterable[Span]) -> str:
    """NUL instead of each letter of the spans: the length stays, so nothing that stood
    apart becomes adjacent."""
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [text[end:start], "\0" * (stop - start)]
        end = stop
    return "".join([*pieces, text[end:]]) if end else text


def _addresses(text: str) -> Iterator[Span]:
    if "://" not in text and "@" not in text:
        return
    at = 0
    while match := ADDRESS.search(text, at):
        at = match.end()
        if match["mail"]:
            yield match.span()
        elif match["web"] and (letter := LETTER.search(text, match.start(), at)):
            rest = FILLED.match(text, at)
            at = rest.end() if rest else at
            yield letter.start(), at


def _identifiers(text: str) -> Iterator[Span]:
    """Names with digits in them: each begins with the letters before its first digit,
    or with that digit."""
    pattern, at = compiled(ID_PATTERN), 0
    while digits := NAME_DIGITS.search(text, at):
        letters = text[at : digits.start()].removesuffix("-").rstrip(NAME_LETTERS)
        start = at + len(letters)
        match = pattern.match(text, start) or pattern.match(text, digits.start())
        if match:
            yield match.span()
        at = match.end() if match else digits.end()


def _date_likes(text: str) -> Iterator[Span]:
    pattern, at = compiled(DATE_LIKE_PATTERN), 0
    while digits := DIGITS.search(text, at):
        match = pattern.search(text, max(at, digits.start() - REACH))
        if match is None:  # cannot be: digits match
            return
        if match["measure"] is None:
            yield match.span()
        at = match.end()


def _labels(text: str, known: set[str]) -> Iterator[Span]:
    """Where a label stands as a whole word; of several at one place, the longest."""
    if not known:
        return
    labels = sorted(known)
    shorter = _longest_prefixes(labels)
    first = "".join(sorted({re.escape(label[0]) for label in labels}))
    start, longest, at = re.compile(rf"(?<![\w.,])[{first}]"), max(map(len, labels)), 0
    while match := start.search(text, at):
        place = match.start()
        ahead = text[place : place + longest]
        label = labels[bisect_right(labels, ahead) - 1] if ahead >= labels[0] else ""
        # Of the labels before ``ahead`` in the order, those that it begins with are
        # this one or prefixes of it; the first that ends with its word is the longest.
        while label and (
            not ahead.startswith(label) or GOES_ON.match(text, place + len(label))
        ):
            label = shorter[label]
        if label:
            yield place, place + len(label)
        at = place + max(len(label), 1)


def _longest_prefixes(labels: list[str]) -> dict[str, str]:
    """The longest label that each of the sorted labels begins with; "" for none."""
    known: dict[str, str] = {}
    last = ""
    for label in labels:
        while last and not label.startswith(last):
            last = known[last]
        known[label], last = last, label
    return known
