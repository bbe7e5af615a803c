"""Which encoding the text of a file is in: tried, not guessed from statistics alone.

A byte order mark or valid UTF-8 decides. Else each encoding that is likely for the
reader's language decodes a sample, and the text that looks most like writing wins: the
syllables of KS X 1001, kana, or letters among letters. The candidate list is short on
purpose. A general detector takes a mostly ASCII CP949 file for cp1250 and a short
Shift-JIS one for CP949 (measured with charset-normalizer 3.5.2).
"""

import codecs
from dataclasses import dataclass

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp949", "cp932", "cp1252")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is added to the encoding of the reader's language when two decode alike well.
LIKELY = {"ko": "cp949", "ja": "cp932", "en": "cp1252", "de": "cp1252"}
HOME_BONUS = 0.15


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file; ``is_certain`` where a mark or valid UTF-8 proves it."""

    name: str
    is_certain: bool
    mark: int = 0  # bytes of the byte order mark, to be left out


def encoding_of(sample: bytes, language: str = "en") -> Encoding | None:
    """The encoding of the sample, which may end inside of a character.

    None where no encoding that we know decodes it.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return Encoding(name, True, len(mark))
    wide = _utf_16(sample)
    if wide:
        return Encoding(wide, False)
    if _decoded(sample, "utf-8") is not None:
        return Encoding("utf-8", True)
    if _mostly_utf_8(sample):
        return Encoding("utf-8", False)
    scores: dict[str, float] = {}
    for name in ("cp949", "cp932", "cp1252"):
        text = _decoded(sample, name)
        if text is not None:
            scores[name] = _plausibility(text, name)
    if not scores:
        return None
    home = LIKELY.get(language)
    best = max(scores, key=lambda name: scores[name] + HOME_BONUS * (name == home))
    return Encoding(best, False)


def _decoded(sample: bytes, name: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return None


def _mostly_utf_8(sample: bytes) -> bool:
    """Whether nearly all lines beyond ASCII are UTF-8: then the others are damaged.
    In no other encoding do whole lines become valid UTF-8 by chance."""
    lines = [line for line in sample.split(b"\n")[:-1] if not line.isascii()]
    valid = sum(_decoded(line, "utf-8") is not None for line in lines)
    return bool(lines) and valid >= 0.9 * len(lines)


def _utf_16(sample: bytes) -> str | None:
    """UTF-16 without a mark: half of the bytes of ASCII letters and marks are zero."""
    even, odd = sample[0:4096:2], sample[1:4096:2]
    if not odd:
        return None
    if odd.count(0) > 0.2 * len(odd) and even.count(0) < 0.02 * len(even):
        name = "utf-16-le"
    elif even.count(0) > 0.2 * len(even) and odd.count(0) < 0.02 * len(odd):
        name = "utf-16-be"
    else:
        return None
    return name if _decoded(sample, name) is not None else None


def _plausibility(text: str, name: str) -> float:
    """How much the letters beyond ASCII look like writing, from -1 to 1."""
    total = points = 0.0
    before = " "
    for place, letter in enumerate(text):
        if letter >= "\x80":
            after = text[place + 1] if place + 1 < len(text) else " "
            weight = 1.0 if name == "cp1252" else _width(letter, name)
            total += weight
            points += weight * _JUDGES[name](letter, before, after)
        before = letter
    return points / total if total else 0.0


def _width(letter: str, name: str) -> int:
    return len(letter.encode(name, "replace"))


def _korean(letter: str, before: str, after: str) -> float:
    """A syllable of KS X 1001 has two high bytes; the 8,822 others are rarely written,
    and are what two letters of a European word decode to."""
    if "가" <= letter <= "힣":
        return 1.0 if min(letter.encode("cp949")) >= 0xA1 else -0.6
    if letter in "·…“”‘’「」『』〈〉《》×÷±℃㎡％원₩￦○●□■△▲※→←ㆍ":
        return 0.3
    if "一" <= letter <= "鿿":
        return 0.1
    return -0.8


def _japanese(letter: str, before: str, after: str) -> float:
    if "ぁ" <= letter <= "ヶ" or letter in "ー、。・「」（）％￥々〇":
        return 1.0
    if "一" <= letter <= "鿿":
        return 0.6
    if "０" <= letter <= "ｚ":
        return 0.4
    # Half-width kana are single bytes: any other encoding decodes to a row of them.
    return -0.6


def _western(letter: str, before: str, after: str) -> float:
    if letter.isalpha():
        plain = [n for n in (before, after) if n < "\x80" and n.isalpha()]
        lonely = not plain and (before >= "\x80" or after >= "\x80")
        if lonely:
            return -1.0
        small = letter.islower() or not before.isalpha() or before.isupper()
        return 1.0 if plain and small else 0.2
    if letter in "€£§°–—“”‘’„‚«»·•…\xa0½¼¾²³©®":
        return 0.2 if before < "\x80" or after < "\x80" else -0.5
    return -1.0


_JUDGES = {"cp949": _korean, "cp932": _japanese, "cp1252": _western}
