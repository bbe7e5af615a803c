"""Digits that measure nothing: ids, dates, ordinals, list numbers, references.

Only what is clearly so is left out of the count: a bare ``2020`` counts as a number,
``in 2020`` does not. ``blank`` keeps the length, so nothing new becomes adjacent.
"""

import re
from collections.abc import Iterable

from training.gate.numerals import CODES
from training.gate.patterns import compiled

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
IDENTIFIERS = [
    r"[A-Za-z][\w+.-]*://\S+",
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])",
    # BOS-0002, Q3, FY2023, COVID-19; not USD5,000
    rf"(?<![0-9A-Za-z_])(?!(?:{CODES})-?[.0-9])[A-Za-z_]+-?[0-9][0-9A-Za-z_]*"
    r"(?:[-_][0-9A-Za-z]+)*(?![.,][0-9])",
    # 3Q24; not 1e5
    r"(?<![0-9A-Za-z_.,])(?![0-9]+[eE][0-9]+(?![0-9A-Za-z]))"
    r"[0-9]+[A-Za-z]+[0-9][0-9A-Za-z]*",
]
PASSING = [
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
    r"(?m:^\s*\(?[0-9]{1,2}[.)](?=\s))",
    r"\[[0-9]{1,3}\]",
    r"(?<![0-9.,])[0-9]+(?:-[0-9]+){2,}",  # telephone and account numbers
    r"(?<![0-9.,])(?![0-9]{1,3}(?:\.[0-9]{3})+(?![0-9.]))[0-9]+(?:\.[0-9]+){2,}",
    # 007; not the zeros of 1 000, 1'000 or 1e+06
    r"(?<![0-9.,:'\u2019])(?<![0-9][ \u00a0\u2009\u202f])(?<![eE][+-])0[0-9]+"
    r"(?![0-9]|[.,][0-9])",
]
ID_PATTERN = "|".join(IDENTIFIERS)
ANY_PATTERN = "|".join([*IDENTIFIERS, *PASSING])


def without_ids(text: str) -> str:
    """For the facts, where dates and ordinals may be what an answer repeats."""
    return compiled(ID_PATTERN).sub(_blanks, text)


def measures_only(text: str, labels: Iterable[str]) -> str:
    """For an answer: also without dates and the like, nor ``labels`` that have digits.

    Labels are the decision, and the names and periods of facts.
    """
    named = sorted({x for x in labels if re.search("[0-9]", x)}, key=len, reverse=True)
    if named:
        either = "|".join(re.escape(label) for label in named)
        text = re.sub(rf"(?<![\w.,])(?:{either})(?![\w%]|[.,][0-9])", _blanks, text)
    return compiled(ANY_PATTERN).sub(_blanks, text)


def _blanks(found: re.Match[str]) -> str:
    return "\0" * len(found[0])
