"""What the cells of a column are: the reading that fits it, told from its texts."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from training.tables import dates, numbers
from training.tables.readings import (
    YES_NO_PAIRS,
    DoesNotFit,
    Reading,
    is_missing,
    is_range,
)

# A reading is proposed where at least this share of the texts fits it; what does not
# fit is refused line by line, unless a person chooses another reading.
FITS = 0.95
MOST_CATEGORIES = 50
FEW = 50  # texts that tell whether a dear reading is worth trying on all
_CODE_NAMES = re.compile(
    r"(?:^|[^a-z])(?:zip|zip ?code|postal|postcode|plz|naics|sic|account|acct|iban|bic"
    r"|swift|phone|tel|mobile|fax|cusip|isin|lei|ein|ssn|fips|msa|census|tract|code)"
    r"(?:$|[^a-z])|우편번호|계좌|전화|휴대폰|코드|사업자|법인번호|주민|등록번호|번호$"
)
_CODE = re.compile(r"^[0-9A-Za-z][0-9A-Za-z\-/. ]*$")
_LEADING_ZERO = re.compile(r"^0\d+$")
_SENTINEL = re.compile(r"^-?(?:9{3,}|9{2,}8|9{2,}7)(?:\.0+)?$")
LONGEST_NUMBER = 15  # digits that a float holds; more of them is a number of something


@dataclass(frozen=True)
class Profile:
    """The texts of a column, counted, without those that stand for nothing known."""

    name: str
    counts: Counter[str]
    missing: Counter[str]

    @classmethod
    def of(cls, name: str, texts: Sequence[str]) -> "Profile":
        counts: Counter[str] = Counter()
        missing: Counter[str] = Counter()
        for text, count in Counter(texts).items():
            (missing if is_missing(text) else counts)[text.strip()] += count
        return cls(name, counts, missing)

    @property
    def total(self) -> int:
        return self.counts.total()

    def share(self, fits: Callable[[str], bool]) -> float:
        """The share of the texts for which ``fits`` is true, each as often as it is."""
        fitting = sum(count for text, count in self.counts.items() if fits(text))
        return fitting / self.total if self.total else 0.0


def reading_of(profile: Profile, assumed: numbers.Marks = numbers.POINT) -> Reading:
    """The reading proposed for the column; ``assumed`` are the marks of its neighbours.

    The more special kinds are tried first: what is a date is no number, what begins
    with a zero is a code. Texts that fit no kind are a category where they repeat, and
    else free text.
    """
    if not profile.total:
        return Reading("text")
    for propose in (_yes_no, _code, _percent_or_money, _duration, _time):
        if (reading := propose(profile, assumed)) is not None:
            return reading
    if (reading := _number(profile, assumed)) is not None:
        return reading
    if profile.share(is_range) > 0 and _fits(profile, Reading("range")):
        return _with_marks(profile, "range", assumed)
    return Reading("category" if _repeats(profile) else "text")


def _fits(profile: Profile, reading: Reading) -> bool:
    return share_that_fits(profile, reading) >= FITS


def share_that_fits(profile: Profile, reading: Reading) -> float:
    """The share of the column's texts that the reading reads."""
    read = reading.reader()

    def fits(text: str) -> bool:
        try:
            read(text)
        except DoesNotFit:
            return False
        return True

    return profile.share(fits)


def _with_marks(profile: Profile, kind: str, assumed: numbers.Marks) -> Reading:
    marks, _ = numbers.marks_of(profile.counts, assumed)
    return Reading(kind, marks.decimal, marks.thousands)  # type: ignore[arg-type]


def _yes_no(profile: Profile, assumed: numbers.Marks) -> Reading | None:
    plain = {text.casefold() for text in profile.counts}
    for yes, no in YES_NO_PAIRS:
        if plain <= {yes, no} and (yes in plain or len(plain) == 1):
            words = (_commonest_spelling(profile, word) for word in (yes, no))
            return Reading("yes_no", yes=next(words), no=next(words))
    return None


def _commonest_spelling(profile: Profile, word: str) -> str:
    spellings = {t: n for t, n in profile.counts.items() if t.casefold() == word}
    return max(spellings, key=lambda text: spellings[text], default=word)


def _code(profile: Profile, assumed: numbers.Marks) -> Reading | None:
    """Digits that name something: a zero before them, more than a float holds, or a
    column whose name says so."""
    zeros = any(_LEADING_ZERO.match(text) for text in profile.counts)
    digits = profile.share(lambda text: text.isascii() and text.isdigit())
    has_code_name = _CODE_NAMES.search(profile.name.casefold().replace("_", " "))
    long = profile.share(lambda text: text.isdigit() and len(text) > LONGEST_NUMBER)
    is_code = (zeros and digits >= FITS) or long > 1 - FITS
    if not is_code and has_code_name:
        marks = profile.share(lambda text: any(mark in text for mark in ".,%$€₩"))
        is_code = not marks and profile.share(_is_code) >= FITS
    return Reading("code") if is_code else None


def _is_code(text: str) -> bool:
    return _CODE.match(text) is not None and any(letter.isdigit() for letter in text)


def _percent_or_money(profile: Profile, assumed: numbers.Marks) -> Reading | None:
    parsed = {text: numbers.take_apart(text) for text in profile.counts}
    percents = profile.share(lambda text: bool((w := parsed[text]) and w.percent))
    currencies: Counter[str] = Counter()
    for text, number in parsed.items():
        if number is not None and number.currency:
            currencies[number.currency] += profile.counts[text]
    if percents >= FITS:
        reading = replace(_with_marks(profile, "percent", assumed), unit="ratio")
    elif currencies:
        (currency, _), *_others = currencies.most_common()
        reading = replace(_with_marks(profile, "money", assumed), unit=currency)
    else:
        return None
    return reading if _fits(profile, reading) else None


def _duration(profile: Profile, assumed: numbers.Marks) -> Reading | None:
    units = {parts[1] for text in profile.counts if (parts := dates.duration(text))}
    if not units:
        return None
    order = ("days", "weeks", "months", "years")
    smallest = min(units, key=order.index)
    reading = replace(_with_marks(profile, "duration", assumed), unit=smallest)
    return reading if _fits(profile, reading) else None


def _time(profile: Profile, assumed: numbers.Marks) -> Reading | None:
    """A date or a month, in the form that reads most of the column.

    Eight digits are a date only where the whole column is: an amount may have eight.
    """
    for kind, patterns, read in (
        ("date", dates.DATE_FORMS, dates.read_date),
        ("month", dates.MONTH_FORMS, dates.read_month),
    ):
        some = list(islice(profile.counts, FEW))
        if dates.forms_of(some, patterns, read)[1] < len(some) / 2:
            continue  # most columns hold no dates; these are the dearest to try
        forms, count = dates.forms_of(profile.counts, patterns, read)
        reading = Reading(kind, forms=forms)  # type: ignore[arg-type]
        if not _fits(profile, reading):
            continue
        if forms != ("ymd_compact",) or count == len(profile.counts):
            return reading
    return None


def _number(profile: Profile, assumed: numbers.Marks) -> Reading | None:
    reading = _with_marks(profile, "number", assumed)
    if not _fits(profile, reading):
        return None
    return replace(reading, missing=_sentinels(profile, reading))


def _sentinels(profile: Profile, reading: Reading) -> tuple[str, ...]:
    """Numbers like 9999 and -999 that stand for *not known*: nines alone, repeated,
    and far outside of all other values."""
    nines = [t for t, n in profile.counts.items() if n >= 3 and _SENTINEL.match(t)]
    read = reading.reader()
    others = []
    for text in profile.counts.keys() - set(nines):
        try:
            others.append(abs(float(read(text) or 0)))
        except DoesNotFit:
            continue
    if not nines or not others:
        return ()
    largest = max(others)
    return tuple(
        sorted(text for text in nines if abs(float(read(text) or 0)) > 5 * largest)
    )


def _repeats(profile: Profile) -> bool:
    """Whether the texts name groups: few of them, or each of them again and again."""
    distinct = len(profile.counts)
    words = sum(len(text.split()) * n for text, n in profile.counts.items())
    if words / profile.total > 6:
        return False
    return distinct <= MOST_CATEGORIES or profile.total / distinct >= 5
