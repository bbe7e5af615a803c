"""Digits that measure nothing: ids, dates, ordinals, list numbers, references.

Only what is clearly so is left out of the count: a bare ``2020`` counts as a number,
``in 2020`` does not. Blanks keep the length, so nothing new becomes adjacent.

A text is read from one digit to the next, in time that grows with its length: whoever
changes a pattern here keeps it from being tried again and again over the same letters
(``tests/training/test_gate_linear.py``).
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
# Digits that a letter, a hyphen or an underscore stands beside: a name has them.
NAMED = re.compile(
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
# Digits that none of them matches are passed over, so that each is looked at once.
DATE_LIKE_STARTS = r"(?=[0-9#№§제\[]|\b[A-Za-z]|(?m:^))"
DATE_LIKE_PATTERN = f"{DATE_LIKE_STARTS}(?:{'|'.join(DATE_LIKE)}|(?P<measure>[0-9]+))"
REACH = 16  # characters; no pattern of DATE_LIKE begins farther before its first digit
Span = tuple[int, int]


def without_ids(text: str) -> str:
    """For the facts, where dates and ordinals may be what an answer repeats."""
    text = _blanked(text, _addresses(text))
    return _blanked(text, _identifiers(text))


def measures_only(text: str, labels: Iterable[str]) -> str:
    """For an answer: also without dates and the like, nor ``labels`` that have digits.

    Labels are the decision, and the names and periods of facts.
    """
    named = {label for label in labels if DIGITS.search(label)}
    text = without_ids(_blanked(text, _labels(text, named)))
    return _blanked(text, _passing(text))


def _blanked(text: str, spans: Iterable[Span]) -> str:
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [text[end:start], "\0" * (stop - start)]
        end = stop
    return "".join([*pieces, text[end:]]) if end else text


def _addresses(text: str) -> Iterator[Span]:
    if "://" not in text and "@" not in text:
        return
    at = 0
    while found := ADDRESS.search(text, at):
        at = found.end()
        if found["mail"]:
            yield found.span()
        elif found["web"] and (letter := LETTER.search(text, found.start(), at)):
            rest = FILLED.match(text, at)
            at = rest.end() if rest else at
            yield letter.start(), at


def _identifiers(text: str) -> Iterator[Span]:
    """A name begins with the letters before a digit, or with the digit."""
    pattern, at = compiled(ID_PATTERN), 0
    while digits := NAMED.search(text, at):
        letters = text[at : digits.start()].removesuffix("-").rstrip(NAME_LETTERS)
        start = at + len(letters)
        found = pattern.match(text, start) or pattern.match(text, digits.start())
        if found:
            yield found.span()
        at = found.end() if found else digits.end()


def _passing(text: str) -> Iterator[Span]:
    pattern, at = compiled(DATE_LIKE_PATTERN), 0
    while digits := DIGITS.search(text, at):
        found = pattern.search(text, max(at, digits.start() - REACH))
        if found is None:  # cannot be: digits match
            return
        if found["measure"] is None:
            yield found.span()
        at = found.end()


def _labels(text: str, named: set[str]) -> Iterator[Span]:
    """Where a label stands by itself, the longest that does."""
    if not named:
        return
    labels = sorted(named)
    shorter = _prefixes(labels)
    first = "".join(sorted({re.escape(label[0]) for label in labels}))
    start, longest, at = re.compile(rf"(?<![\w.,])[{first}]"), max(map(len, labels)), 0
    while found := start.search(text, at):
        place = found.start()
        ahead = text[place : place + longest]
        label = labels[bisect_right(labels, ahead) - 1] if ahead >= labels[0] else ""
        while label and not (ahead.startswith(label) and _ends(text, place, label)):
            label = shorter[label]
        if label:
            yield place, place + len(label)
        at = place + max(len(label), 1)


def _prefixes(labels: list[str]) -> dict[str, str]:
    """The longest label that each of the sorted labels begins with; "" for none."""
    known: dict[str, str] = {}
    last = ""
    for label in labels:
        while last and not label.startswith(last):
            last = known[last]
        known[label], last = last, label
    return known


def _ends(text: str, place: int, label: str) -> bool:
    return not GOES_ON.match(text, place + len(label))
