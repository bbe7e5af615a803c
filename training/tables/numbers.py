"""Numbers as people write them: marks by the column, brackets, scale words, currencies.

Everything is exact: texts become ``Decimal`` and only the end result a JSON number.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from training.tables.units import CURRENCIES, SCALES

SPACES = (
    "\u00a0\u202f\u2009"  # which group digits in some countries, and never end them
)
MARKS = ".,'’ " + SPACES
_PLAIN = re.compile(r"^-?[0-9]+(?:[.,][0-9]+)?$")
_KOREAN = re.compile(r"^(?:[\d.,]+\s*(?:조|억|천만|백만|만|천|백|십)+\s*)+[\d.,]*$")
_KOREAN_PART = re.compile(r"([\d.,]+)\s*((?:조|억|천만|백만|만|천|백|십)*)")
_KOREAN_UNITS = {"십": 10, "백": 100, "천": 1000}
_CORE = re.compile(rf"\d[\d{re.escape(MARKS)}]*(?:[eE][+-]?\d+)?|[.,]\d+")


@dataclass(frozen=True)
class Marks:
    """The decimal mark of a column, and the marks that may group its thousands."""

    decimal: str = "."
    thousands: str = ","


POINT = Marks(".", ",")
COMMA = Marks(",", ".")


@dataclass(frozen=True)
class ParsedNumber:
    """A number taken apart: its digits with their marks, and what stands around."""

    digits: str
    negative: bool = False
    currency: str = ""  # ISO 4217, or empty
    percent: bool = False
    scale: int = 1
    korean: str = ""  # the whole text, where scale words stand inside of it


@lru_cache(maxsize=1 << 16)
def take_apart(text: str) -> ParsedNumber | None:
    """What is written in the text, if it is one number; None if it is anything else.

    A text with digits of other scripts, an underscore or words like ``nan`` is no
    number, though Python's ``float`` would take some of them.
    """
    rest = text.strip()
    if _PLAIN.match(rest):  # most numbers of most files
        return ParsedNumber(rest.removeprefix("-"), rest.startswith("-"))
    if not rest or not any("0" <= letter <= "9" for letter in rest):
        return None
    negative = False
    if rest[0] == "(" and rest[-1] == ")":
        negative, rest = True, rest[1:-1].strip()
    rest, sign_before = _without_sign(rest)
    before, after, core = _around(rest)
    if core is None:
        return _korean(rest, negative or sign_before)
    # A sign may stand behind the currency ("$-5") or behind everything ("5,00-").
    sign_inside = before.endswith(("-", "−"))
    before = before.removesuffix("-").removesuffix("−").strip()
    sign_behind = after.endswith("-")
    after = after.removesuffix("-").strip()
    signs = [negative, sign_before, sign_inside, sign_behind]
    if sum(signs) > 1:
        return None
    units = _units(before, after)
    if units is None:
        return _korean(rest, negative or sign_before)
    currency, percent, scale = units
    return ParsedNumber(core, any(signs), currency, percent, scale)


def _without_sign(text: str) -> tuple[str, bool]:
    text = text.strip()
    if text[:1] in ("-", "−"):
        return text[1:].strip(), True
    return text.removeprefix("+").strip(), False


def _around(text: str) -> tuple[str, str, str | None]:
    """What stands before and after the digits, and the digits if there is one run."""
    matches = list(_CORE.finditer(text))
    if len(matches) != 1:
        return text, "", None
    core = matches[0].group().rstrip(MARKS)
    start = matches[0].start()
    return text[:start].strip(), text[start + len(core) :].strip(), core


def _units(before: str, after: str) -> tuple[str, bool, int] | None:
    """The currency, whether it is a percentage, and the scale; None for other words."""
    currency, percent, scale = "", False, 1
    words = [before.casefold(), *_split_unit(after.casefold())]
    for word in words:
        if not word:
            continue
        if word in ("%", "％", "percent", "퍼센트", "prozent") and not percent:
            percent = True
        elif word in CURRENCIES and not currency:
            currency = CURRENCIES[word]
        elif word in SCALES and scale == 1 and word is not words[0]:
            scale = SCALES[word]
        else:
            return None
    if percent and (currency or scale != 1):
        return None
    return currency, percent, scale


def _split_unit(after: str) -> list[str]:
    """``만원`` and ``mn eur`` are a scale and a currency; a known word is one."""
    if after in CURRENCIES or after in SCALES:
        return [after]
    words = after.split()
    if len(words) == 1:
        for scale in sorted(SCALES, key=len, reverse=True):
            if after.startswith(scale) and after[len(scale) :] in CURRENCIES:
                return [scale, after[len(scale) :]]
    return words if len(words) <= 2 else [after]


def _korean(text: str, negative: bool) -> ParsedNumber | None:
    """``3억5천만원``: several numbers, each with its scale word."""
    currency = ""
    for mark in ("원정", "원", "₩", "￦"):
        if text.endswith(mark) or text.startswith(mark):
            text = text.removesuffix(mark).removeprefix(mark).strip()
            currency = "KRW"
            break
    compact = text.replace(" ", "")
    if not _KOREAN.match(compact):
        return None
    return ParsedNumber("", negative, currency, korean=compact)


def korean_value(text: str, marks: Marks) -> Decimal | None:
    """The value of ``1조2,000억``, ``3억5천만``, ``5천``.

    What stands bare behind 억 or 조 counts in the next smaller myriad, as it is spoken:
    ``3억5천`` is 350 million.
    """
    total, within, previous = Decimal(0), Decimal(0), 0
    parts = [part for part in _KOREAN_PART.findall(text) if part[0]]
    if "".join(a + b for a, b in parts) != text:
        return None
    for digits, words in parts:
        number = value(digits, marks)
        if number is None:
            return None
        myriad = next((w for w in ("조", "억", "만") if words.endswith(w)), "")
        small = words.removesuffix(myriad)
        if not set(small) <= _KOREAN_UNITS.keys():
            return None
        for word in small:
            number *= _KOREAN_UNITS[word]
        within += number
        if myriad:
            scale = SCALES[myriad]
            if previous and scale >= previous:
                return None  # 만 before 억: no order that anybody writes
            total += within * scale
            within, previous = Decimal(0), scale
        elif small == "" and (digits, words) != parts[-1]:
            return None
    if within and previous > 10**4 and parts[-1][1]:
        within *= previous // 10**4  # 3억5천: five thousand of the next myriad
    return total + within


def value(digits: str, marks: Marks) -> Decimal | None:
    """The digits as a number, read by the marks of their column; None if they differ.

    Grouped digits must be grouped in threes (or, as in India, in twos before the last
    three): ``1,50`` read with a point as decimal mark is no number.
    """
    mantissa, exponent = _exponent(digits)
    whole, mark, fraction = mantissa.partition(marks.decimal)
    if mark and not fraction.isdigit():
        return None
    groups = [whole]
    group_marks = {letter for letter in whole if not letter.isdigit()}
    if group_marks:
        allowed = {marks.thousands, "'", "’", " ", *SPACES}
        if len(group_marks) > 1 or not group_marks <= allowed:
            return None
        groups = whole.split(group_marks.pop())
        head, *middle, last = groups
        threes = all(len(group) == 3 for group in middle)
        twos = all(len(group) == 2 for group in middle) and len(head) <= 2
        if not head or len(head) > 3 or len(last) != 3 or not (threes or twos):
            return None
    joined = "".join(groups)
    if not (joined.isdigit() or (joined == "" and mark)) or not joined.isascii():
        return None
    return Decimal(f"{joined or '0'}.{fraction or '0'}").scaleb(exponent)


def _exponent(digits: str) -> tuple[str, int]:
    mantissa, mark, exponent = digits.replace("E", "e").partition("e")
    if not mark:
        return mantissa, 0
    return mantissa, max(-400, min(400, int(exponent)))


def marks_of(texts: Iterable[str], assumed: Marks = POINT) -> tuple[Marks, int]:
    """The marks that a column of numbers is written with, and how many texts show it.

    A text shows its decimal mark by having both marks, by a mark that cannot group
    (not three digits behind it, more than three before it, a zero before it), or by a
    mark that comes twice and so groups. ``1,250`` alone shows nothing: then the marks
    of the other columns, ``assumed``, hold.
    """
    votes: Counter[Marks] = Counter()
    for text in texts:
        parsed = take_apart(text)
        if parsed is not None and (marks := _marks_in(parsed.digits)) is not None:
            votes[marks] += 1
    if not votes:
        return assumed, 0
    (best, count), *_ = votes.most_common()
    return best, count


def _marks_in(digits: str) -> Marks | None:
    mantissa, _ = _exponent(digits)
    points, commas = mantissa.count("."), mantissa.count(",")
    if points and commas:
        return POINT if mantissa.rfind(".") > mantissa.rfind(",") else COMMA
    if points > 1 or commas > 1:
        return COMMA if points else POINT
    if points + commas == 0:
        return None
    mark = "." if points else ","
    before, _, after = mantissa.partition(mark)
    groups = len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0"
    if groups:
        return None
    return POINT if mark == "." else COMMA


def as_json(number: Decimal) -> int | float:
    """The JSON number: whole where it is whole."""
    whole = number == number.to_integral_value()
    if whole and abs(number) < 10**22:
        return int(number)
    return float(number)
