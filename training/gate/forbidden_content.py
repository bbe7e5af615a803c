"""What no model may learn: secrets, and numbers that identify one person.

Facts in finance are full of digits, so a length alone proves nothing. A card has its
issuer, its shape and a check digit (ISO/IEC 7812), a resident number its date of birth,
an account the format of its country and a checksum (ISO 13616, modulo 97). The checks
are those of python-stdnum.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from stdnum import iban, luhn
from stdnum.exceptions import ValidationError
from stdnum.kr import rrn
from stdnum.us import ssn

from training.gate.credentials import find_credentials
from training.gate.numerals import plain
from training.gate.pattern_cache import compiled

# Not inside a longer number, a decimal fraction, a word or a hyphenated id.
START = r"(?<![\w.,-])"
END = r"(?!\w|-\w|,[0-9]|\.(?!0\b)[0-9])"
CARD_SHAPES = (
    rf"{START}(?:(?P<plain>[0-9]{{13,19}})|[0-9]{{4}}(?P<by>[ -])(?:"
    r"[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{1,4}(?:(?P=by)[0-9]{1,3})?"
    rf"|[0-9]{{6}}(?P=by)[0-9]{{4,5}})){END}"
)
ISSUERS = (
    r"4[0-9]{12}(?:[0-9]{3}){0,2}"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|3(?:0[0-5]|[689][0-9])[0-9]{13,16}"  # Diners
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12,15}"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    r"|62[0-9]{14,17}"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{9,15}"  # Maestro
)
USUAL_CARD = re.compile(r"(?:[0-9]{16}|3[47][0-9]{13})(?<!000)")
CARD_WORD = re.compile(r"\b(?:card|visa|pan|maestro|diners)|카드", re.IGNORECASE)
RESIDENT_WORD = re.compile(
    r"주민|외국인|등록번호|\b(?:rrn|resident|registration)", re.IGNORECASE
)
REACH = 40  # characters
RESIDENT = re.compile(
    rf"{START}[0-9]{{6}}(?P<hyphen> ?[-\u2013] ?)?[1-8][0-9]{{6}}{END}"
)
SSN = re.compile(rf"{START}[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}{END}")
# From the digits on: letters are many, and the country stands right before them.
IBAN = re.compile(
    r"[0-9]{2}(?<=(?<![0-9A-Z])[A-Z]{2}[0-9]{2})(?: ?[0-9A-Z]{4}){2,7}"
    r"(?: ?[0-9A-Z]{1,4})?(?![0-9A-Z])",
    re.IGNORECASE,
)
# Digits with blanks or hyphens between them; the shortest number here has nine.
LONG = re.compile("[0-9](?:[ \u2013-]{0,3}+[0-9]){8,}+")


def find_forbidden(text: str) -> list[str]:
    """The kinds found, in order, each once; never the content itself.

    Kinds: private_key, access_token, password, payment_card, resident_number,
    us_social_security_number, iban.
    """
    kinds = [*find_credentials(text)]
    text = plain(text)
    long = [match.span() for match in LONG.finditer(text)]
    if any(map(_is_card, _within(long, compiled(CARD_SHAPES), text))):
        kinds.append("payment_card")
    if any(map(_is_resident_number, _within(long, RESIDENT, text))):
        kinds.append("resident_number")
    if any(ssn.is_valid(match[0]) for match in _within(long, SSN, text)):
        kinds.append("us_social_security_number")
    if any(_is_iban(text[m.start() - 2 : m.end()]) for m in IBAN.finditer(text)):
        kinds.append("iban")
    return kinds


def _within(
    spans: Iterable[tuple[int, int]], pattern: re.Pattern[str], text: str
) -> Iterator[re.Match[str]]:
    """The matches in these parts of the text and four letters behind each: no pattern
    here looks farther ahead."""
    for start, end in spans:
        yield from pattern.finditer(text, start, end + 4)


def _is_card(match: re.Match[str]) -> bool:
    """Whether the issuer and the check digit are right. A number without blanks that
    has a rare length, or ends in zeros, could be an amount: a word for a card has to
    stand before it.

    Of 16 digits that begin like a card, one in ten has the right check digit by chance.
    """
    digits = re.sub("[ -]", "", match[0])
    if not compiled(ISSUERS).fullmatch(digits) or not luhn.is_valid(digits):
        return False
    if not match["plain"] or USUAL_CARD.fullmatch(digits):
        return True
    return _has_word_before(match, CARD_WORD)


def _has_word_before(match: re.Match[str], word: re.Pattern[str]) -> bool:
    """Whether the word stands on the same line, within REACH before the match."""
    before = match.string[max(0, match.start() - REACH) : match.start()]
    return word.search(before.rpartition("\n")[2]) is not None


def _is_resident_number(match: re.Match[str]) -> bool:
    """With a hyphen, the date of birth and the gender digit are enough: numbers issued
    since October 2020 end in random digits. Thirteen digits without one are as often an
    amount or a time in milliseconds; they need the check digit, and a word before them.
    """
    digits = re.sub("[^0-9]", "", match[0])
    try:
        birth_date = rrn.get_birth_date(digits)
    except ValidationError:
        return False
    is_one = bool(match["hyphen"]) or (
        rrn.is_valid(digits) and _has_word_before(match, RESIDENT_WORD)
    )
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # Korea is ahead
    return birth_date <= tomorrow and is_one


def _is_iban(text: str) -> bool:
    """Also where capitals follow it that the pattern took along, such as a currency."""
    parts = text.upper().split(" ")
    return any(
        iban.is_valid("".join(parts[:count]), check_country=False)
        for count in range(len(parts), 0, -1)
    )
