"""Reads numbers as people write them: separators, percent, signs, scale words, Korean
units.

A number read from a text is a tuple of ``Decimal`` readings, because one wording may
mean two values: ``22.1 %`` is 22.1 and 0.221, ``(1,200)`` is 1200 and, in a ledger,
-1200. The exponent of a reading is the last digit stated (``3.2 million`` is 32E+5), so
rounding needs nothing else.

Separators follow CLDR's number patterns: 1,234,567.89; 1.234.567,89 where it cannot
mean anything else; 1 234 567 with any space; 1'234'567; 12,34,567. A lone ``1,234``
is 1234 and a lone ``1.234`` is 1.234. Scales are those of the TAT-QA benchmark
(thousand, million, billion, percent) and the Korean 만, 억, 조 with 천, 백, 십.
▲, △, ▼ and ▽ before a number are minus, as Korean financial statements print it.
"""

import re
from decimal import Decimal
from string import ascii_uppercase

from training.gate.pattern_cache import compiled

LONGEST = 25  # digits; longer ones are ids, and fit no decimal context
# Groups are read from their first one on, so that a long row of them is read once.
SPACE = "[ \u00a0\u2009\u202f]"
NUMBER = rf"""(?:
    (?:(?<![0-9]{{3}},)[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?
      |(?<![0-9]{{2}},)[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}(?:\.[0-9]+)?
      |(?<![0-9]{{3}}\.)[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{2,}}(?:,[0-9]+)?
      |(?<![0-9]{{3}}\.)[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+,[0-9]+
      |[1-9][0-9]{{0,2}}(?:['\u2019][0-9]{{3}})+(?:\.[0-9]+)?
      |[1-9][0-9]{{0,2}}(?:{SPACE}[0-9]{{3}})+(?:[.,][0-9]+)?
      |(?<![0-9],)[0-9]+,[0-9]+
    )(?![0-9]|[.,][0-9])
    |[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{{1,3}}(?![0-9A-Za-z])
    |[0-9]+(?:\.[0-9]+)?(?![0-9])
    |(?<![0-9])\.[0-9]+(?![0-9])
)"""
CODES = "USD|EUR|GBP|KRW|JPY|CNY|RMB|CHF|CAD|AUD|NZD|INR|HKD|SGD|SEK|NOK|DKK|PLN|Rs"
CURRENCY = rf"(?:(?:US|A|C|HK|NZ|S)?[$€£¥₩₹₫₱฿]|(?:{CODES})(?![A-Za-z]))"
BIG = r"(?:만(?![큼기족료약])|억(?![제지울])|조(?![각건치항정합])|경(?=[ 0-9원]))"
COUNTED = "(?=원|달러|엔|유로|위안|명|주|개|건|[^가-힣]|$)"
TERM = rf"{NUMBER}(?:[천백십]?{BIG}|[천백십]|{SPACE}[천백십]?[만억조]{COUNTED})"
REST = rf"{SPACE}?[0-9][0-9,]*(?={SPACE}?(?:원|달러|엔))"
KOREAN = rf"{TERM}(?:{SPACE}?{TERM})*(?:{REST})?"
TOKEN = rf"""
    (?P<open>\({SPACE}?)?
    (?P<sign>(?<![\w)\]%])[-+]|[▲△▼▽]{SPACE}?)?
    (?:{CURRENCY}{SPACE}?)?(?P<late>(?<=[$€£¥₩])-)?
    (?:(?P<korean>{KOREAN})|(?P<number>{NUMBER}))
    (?P<suffix>{SPACE}?(?:
        %p?|‰|(?:percent(?:age)?|per{SPACE}cent|pct|bps?|basis{SPACE}points?)\b
       |퍼센트)
      |(?:{SPACE}|-)?(?:hundred|thousand|million|billion|trillion|mn|mln|mio|bn|bln|tn
        |trn)s?\b
      |[kKmMbBtT](?![A-Za-z0-9]))?
    (?P<close>{SPACE}?(?:{CURRENCY}|원|달러)?{SPACE}?\))?
"""
# Most numbers stand after a word, without a sign, and are read at once: alone, as a
# percentage, or as 만원 and 억원. Of others the first digit alone matches, in no group.
SIMPLE = rf"""
    [0-9](?:
      (?<=[a-rt-z0-9가-힣,;:][ \n][0-9])
      (?:(?<=[1-9])[0-9]{{0,2}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?|[0-9]*(?:\.[0-9]+)?)
      (?:
        (?![0-9eE%‰'\u2019-]|[.,][0-9]|{SPACE}[0-9]{{3}}
          |{SPACE}?(?:[%‰퍼천백십만억조경]|per|pct|bp|basis)
          |{SPACE}?(?:hundred|thousand|million|billion|trillion|mn|mln|mio|bn|bln|tn|trn)
          |[kKmMbBtT])(?P<plain>)
        |(?P<share>%)(?!p)
        |(?P<won>[만억])(?=원)
      )
    )?
"""
PIECE = rf"(?P<n>{NUMBER}){SPACE}?(?P<small>[천백십]?)(?P<big>[만억조경]?)"
LOSS = re.compile(
    r"(?:\b(?:loss|losses|deficit|shortfall|decrease[ds]?|decline[ds]?|fell|falls?"
    r"|drop(?:s|ped)?|down|negative|minus)|손실|적자|감소|하락|마이너스)\W*(?:\w+\W+)?$",
    re.IGNORECASE,
)
LOSS_STEMS = (
    *("loss", "deficit", "shortfall", "decrease", "decline", "fell", "fall", "drop"),
    *("down", "negative", "minus", "손실", "적자", "감소", "하락", "마이너스"),
)
LOSS_REACH = 30  # characters before a number in which a word can make it negative
DIGIT = "[0-9]"
TOKEN_REACH = 16  # characters; no number begins farther before its first digit
# What may stand between the begin of a number and its first digit.
LEADING = f"(+-▲△▼▽$€£¥₩₹₫₱฿.s \u00a0\u2009\u202f{ascii_uppercase}"
SMALL = {"십": 1, "백": 2, "천": 3}
BIGS = {"만": 4, "억": 8, "조": 12, "경": 16}
WORDS = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
WORDS |= {"mn": 6, "mln": 6, "mio": 6, "bn": 9, "bln": 9, "tn": 12, "trn": 12, "k": 3}
LETTERS = {"m": 6, "b": 9, "t": 12}  # may as well mean metres, bytes or tonnes
SHARES = {"%": -2, "percent": -2, "percentage": -2, "per cent": -2, "pct": -2}
SHARES |= {"퍼센트": -2, "%p": -2, "‰": -3, "bp": -4, "bps": -4}
SHARES |= {"basis point": -4, "basis points": -4}
UNIT_WORD = re.compile(
    r"\b(?:thousand|million|billion|trillion|mn|mln|mio|bn|bln|tn|trn|k)s?\b|%|‰"
    r"|\b(?:percent|per cent|pct|bps?|basis points?)\b"
    r"|(?P<small>[천백십]?)(?P<big>[만억조])?(?=\s?(?:원|달러|엔|유로|위안|$))",
    re.IGNORECASE,
)
WIDE: dict[int, int | str] = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}
WIDE |= {0x2212: "-", 0x2010: "-", 0x2011: "-", 0x3000: " "}
PARTED = re.compile("[ \u00a0\u2009\u202f'\u2019]")
WIDE_LETTER = re.compile("[\uff01-\uff5e\u2010\u2011\u2212\u3000]")

Numeral = tuple[Decimal, ...]


def plain(text: str) -> str:
    """Full-width digits and signs as the usual ones; the length stays."""
    return text.translate(WIDE) if WIDE_LETTER.search(text) else text


def read_numbers(text: str) -> list[Numeral]:
    """Every number in the text, in order, but for those of more than LONGEST digits."""
    # Most texts have no word of loss. Then no number needs a look at the words before
    # it, and the simple ones can be read at once.
    words = text.lower().replace("\u017f", "s")  # as IGNORECASE reads the long s
    has_loss = any(stem in words for stem in LOSS_STEMS)
    next_digit = compiled(DIGIT if has_loss else SIMPLE, re.VERBOSE).search
    token_at = compiled(TOKEN, re.VERBOSE).search
    numerals: list[Numeral] = []
    at = 0
    while digit := next_digit(text, at):
        if (kind := digit.lastgroup) and len(digit[0]) <= LONGEST:
            numerals.append(_read_simple(digit[0].replace(",", ""), kind))
            at = digit.end()
            continue
        begin = digit.start()
        before = text[max(at, begin - TOKEN_REACH) : begin]
        token = token_at(text, begin - len(before) + len(before.rstrip(LEADING)))
        if token is None:  # cannot be: every digit is a number
            break
        numerals += _read_token(token, has_loss)
        at = token.end()
    return numerals


def _read_simple(text: str, kind: str) -> Numeral:
    """A match of SIMPLE, without its separators; ``kind`` is the group that matched."""
    if kind == "plain":
        return (Decimal(text),)
    value = Decimal(text[:-1])
    if kind == "share":
        return value, value.scaleb(SHARES["%"])
    return (value.scaleb(BIGS[text[-1]]),)


def scale_of(unit: str) -> int:
    """The power of ten a unit stands for: ``million KRW`` 6, ``억원`` 8, ``%`` -2."""
    for match in UNIT_WORD.finditer(unit):
        if match["small"] or match["big"]:
            return SMALL.get(match["small"] or "", 0) + BIGS.get(match["big"] or "", 0)
        word = match[0].lower()
        scale = _word_scale(word) if word else None
        if scale is not None:
            return scale
    return 0


def _read_token(token: re.Match[str], has_loss: bool) -> list[Numeral]:
    if token["korean"]:
        values = _korean(token["korean"])
    else:
        value = _decimal(token["number"])
        values = [] if value is None else [value]
    suffix = (token["suffix"] or "").strip(" -\u00a0\u2009\u202f")
    return [_signed(_scaled(value, suffix), token, has_loss) for value in values]


def _decimal(text: str) -> Decimal | None:
    """One number of the pattern NUMBER; None if it is too long to be a measure."""
    if text.isdigit() and len(text) <= LONGEST:
        return Decimal(text)
    digits = PARTED.sub("", text)
    if len(digits) > LONGEST and sum(map(str.isdigit, digits)) > LONGEST:
        return None
    if digits.count(".") > 1 or 0 <= digits.rfind(".") < digits.rfind(","):
        return Decimal(digits.replace(".", "").replace(",", "."))  # 1.234.567,89
    # One comma is the decimal separator where it cannot part thousands.
    groups = digits.partition(".")[0].split(",")
    if len(groups) == 2:
        first, second = groups
        if len(second) != 3 or len(first) > 3 or first.startswith("0"):
            return Decimal(digits.replace(",", "."))
    return Decimal(digits.replace(",", ""))


def _korean(text: str) -> list[Decimal]:
    """``3억 5천만`` is one number; ``3억 4억`` is two, as units only go down."""
    sums: list[Decimal] = []
    last = 99
    for value, unit in _sections(text):
        if sums and unit < last:
            sums[-1] += value
        else:
            sums.append(value)
        last = unit
    return sums


def _sections(text: str) -> list[tuple[Decimal, int]]:
    """``3천5백만 20`` as 3500 E+4 and 20, each with the power of ten of its unit."""
    sections: list[tuple[Decimal, int]] = []
    open_terms: list[Decimal] = []
    for piece in compiled(PIECE, re.VERBOSE).finditer(text):
        value = _decimal(piece["n"])
        if value is None:
            return []
        open_terms.append(value.scaleb(SMALL.get(piece["small"], 0)))
        if piece["big"]:
            unit = BIGS[piece["big"]]
            sections.append((sum(open_terms[1:], open_terms[0]).scaleb(unit), unit))
            open_terms = []
    if open_terms:
        sections.append((sum(open_terms[1:], open_terms[0]), 0))
    return sections


def _scaled(value: Decimal, suffix: str) -> Numeral:
    if not suffix:
        return (value,)
    word = re.sub(r"\s", " ", suffix.lower())
    if word in LETTERS:
        return value, value.scaleb(LETTERS[word])
    scale = _word_scale(word)
    if scale is None:
        return (value,)
    return (value, value.scaleb(scale)) if scale < 0 else (value.scaleb(scale),)


def _word_scale(word: str) -> int | None:
    return SHARES.get(word, WORDS.get(word, WORDS.get(word.rstrip("s"))))


def _signed(numeral: Numeral, token: re.Match[str], has_loss: bool) -> Numeral:
    sign = (token["sign"] or "").strip()
    if token["late"] or (sign and sign != "+"):
        return tuple(-value for value in numeral)
    is_negative_too = bool(token["open"] and token["close"])  # as a ledger writes it
    if has_loss and not sign and not is_negative_too:
        start = token.start()
        before = token.string[max(0, start - LOSS_REACH) : start]
        is_negative_too = LOSS.search(before) is not None
    return numeral + tuple(-value for value in numeral) if is_negative_too else numeral
