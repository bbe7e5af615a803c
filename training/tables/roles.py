"""What a column is for: its role, proposed from its name and its values, with reasons.

A proposal is shown and can be changed. It errs on the side of leaving out what must not
be learnt: personal numbers and names, and what is known only after the decision.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from stdnum import iban, luhn
from stdnum.kr import rrn

from training.tables.columns import Profile
from training.tables.readings import DoesNotFit, Reading

Role = Literal[
    "id", "title", "decision", "fact", "protected", "outcome", "decided_at", "leave_out"
]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Caution:
    """What a person should look at before the column counts, as code and parameters."""

    code: str
    params: dict[str, str | float | int]


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# Names are compared as words: "id" names a case, "paid" does not.
_ID = _words(
    r"^(?:external |case |application |app |loan |request |file |record |deal |policy "
    r"|customer |client )?"
    r"(?:id|ids|no|nr|num|number|nummer|key|ref|reference|identifier)$",
    r"^(?:antrags?|vorgangs?|vertrags?|kredit)\s?(?:nr|nummer|id)$",
    r"^(?:접수|신청|심사|관리|대출|계약|일련|고객|건)\s?번호$", r"^번호$", r"^no$", r"\bid$",
)  # fmt: skip
_TITLE = _words(r"^title$", r"^titel$", r"^제목$", r"^건명$", r"^subject$")
_DECISION = _words(
    r"^(?:final |credit |loan |underwriting |review )?(?:decision|verdict|determination)$",
    r"^entscheid(?:ung)?$", r"^décision$", r"^결정$", r"^(?:심사|승인|대출)\s?(?:결과|여부|결정)$",
    r"^(?:action taken|approved|denied|deny|accepted|rejected|approval)$", r"^판정$",
    r"^決定$", r"^審査結果$",
)  # fmt: skip
_OUTCOME = _words(
    r"^outcome$", r"^(?:default|defaulted|bad flag|good bad|loan status)$", r"^ausfall$",
    r"^(?:연체|부도|상환)\s?(?:여부|결과|상태)$",
)  # fmt: skip
_DECIDED_AT = _words(
    r"^(?:decision|decided|approval|reviewed?|verdict) (?:date|at|on|time)$",
    r"^(?:date|time) (?:of )?(?:decision|decided|approval)$", r"^decided$",
    r"^(?:결정|심사|승인)\s?(?:일|일자|일시)$", r"^entscheid(?:ungs)?\s?datum$",
)  # fmt: skip
_PROTECTED = _words(
    r"\b(?:gender|sex|race|ethnicity|ethnic|religion|nationality|citizenship|disability)\b",
    r"\b(?:marital|pregnan\w*|age|birth ?date|date of birth|dob|birthday|skin colou?r)\b",
    r"^(?:geschlecht|alter|religion|familienstand|nationalität|staatsangehörigkeit)$",
    r"^(?:성별|인종|종교|국적|나이|연령|생년월일|혼인\s?여부|결혼\s?여부|장애\s?여부)$",
    r"\b(?:afam|hispanic|latino|black|asian|white)\b",
)  # fmt: skip
_PERSON = _words(
    r"^(?:(?:applicant|customer|borrower|client|first|last|full|middle|sur|fore)\s?)?name$",
    r"^(?:vorname|nachname|kundenname|antragsteller)$", r"^(?:prénom|nom)$",
    r"^(?:성명|이름|고객명|신청인|신청자|차주|차주명|신청인명|대표자|대표자명)$", r"^氏名$",
)  # fmt: skip
# What a company knows only after it has decided.
_LATER = _words(
    r"charge.?off|charged.?off|recover|settle|delinq\w* after|default|writ\w* ?off",
    r"\b(?:paid|payments? (?:made|received)|last payment|total rec|out prncp|closed)\b",
    r"상각|회수|연체|부도|상환액|해지",
)  # fmt: skip
_PERSONAL_NUMBERS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("resident_number", lambda text: rrn.is_valid(text)),
    ("social_security", lambda text: bool(re.match(r"^\d{3}-\d{2}-\d{4}$", text))),
    ("email", lambda text: bool(re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", text))),
    ("iban", lambda text: len(text) > 14 and text[:2].isalpha() and iban.is_valid(text)),
    ("phone", lambda text: bool(re.match(r"^(?:\+\d|01\d-)[\d\s\-]{8,14}$", text))),
    ("card", lambda text: bool(re.match(r"^(?:\d[ -]?){15,16}$", text))
        and luhn.is_valid(re.sub(r"\D", "", text))),
)  # fmt: skip
MOST_DECISIONS = 20
# An id that stands twice, or is missing in a row, is refused there; a column of which
# more rows are so names something else than the case.
NAMES_CASES = 0.95
GIVES_AWAY = 0.98  # of the decisions that a column alone would tell


def plain_name(name: str) -> str:
    """A column's name as words: ``loanStatus`` and ``loan_status`` are the same."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[\s_\-./]+", " ", spaced).strip().casefold()


def is_distinct(profile: Profile, share: float = 1.0) -> bool:
    """Whether at least that share of the rows have a value of their own."""
    rows = profile.total + profile.missing.total()
    return bool(profile.total) and len(profile.counts) >= share * rows


def id_column(profiles: Sequence[Profile], other: Collection[str] = ()) -> int | None:
    """The column that names the cases, by its name and by being different in the rows.

    None where none does: then a case is candidates by its content. ``other`` are columns
    that have another role.
    """
    candidates = [
        place
        for place, profile in enumerate(profiles)
        if profile.name not in other and _ID.search(plain_name(profile.name))
    ]
    exact = [
        n for n in candidates if plain_name(profiles[n].name) in ("external id", "id")
    ]
    for place in (*exact, *candidates):
        if is_distinct(profiles[place], NAMES_CASES):
            return place
    return None


def decision_column(
    profiles: Sequence[Profile], other: Collection[str] = ()
) -> int | None:
    """The column of the decisions that people took; None where no name says so."""
    for place, profile in enumerate(profiles):
        if profile.name not in other and _DECISION.search(plain_name(profile.name)):
            distinct = {text.casefold() for text in profile.counts}
            if 1 <= len(distinct) <= MOST_DECISIONS:
                return place
    return None


def role_by_name(profile: Profile, reading: Reading) -> tuple[Role, list[Caution]]:
    """The role of a column that is neither id nor decision, correct by itself alone."""
    name = plain_name(profile.name)
    for kind, matches in _PERSONAL_NUMBERS:
        if profile.total and profile.share(matches) > 0.5:
            return "leave_out", [Caution("personal_number", {"kind": kind})]
    if _PERSON.search(name):
        return "leave_out", [Caution("person", {})]
    if not profile.counts:
        return "leave_out", [Caution("nothing_in_it", {})]
    if _ID.search(name):
        return "leave_out", [Caution("names_no_case", {})]
    if _TITLE.search(name):
        return "title", []
    if _PROTECTED.search(name):
        return "protected", []
    if _OUTCOME.search(name):
        return "outcome", []
    if _DECIDED_AT.search(name) and reading.kind in ("date", "month"):
        return "decided_at", []
    return "fact", _warnings(profile, reading)


def _warnings(profile: Profile, reading: Reading) -> list[Caution]:
    if len(profile.counts) == 1 and not profile.missing and profile.total > 1:
        return [Caution("constant", {"value": next(iter(profile.counts))})]
    names_each = reading.kind in ("code", "text", "category") and is_distinct(profile)
    if names_each and profile.total >= 20:
        kind = "free_text" if reading.kind == "text" else "names_each_case"
        return [Caution(kind, {})]
    return []


def is_known_later(name: str) -> bool:
    """Whether the name of a column says that it is known only after the decision."""
    return _LATER.search(plain_name(name)) is not None


def share_told(values: Sequence[object], labels: Sequence[str]) -> float:
    """The share of the labels that the values alone would tell, on these rows.

    Numbers are cut once, where that tells most; other values each tell the label that
    is commonest beside them. A missing value is a value. What always answering the
    commonest label would tell is not taken off; compare it with ``share_commonest``.
    """
    numeric = [v for v in values if isinstance(v, int | float) and v is not True]
    if len(numeric) > 0.9 * sum(value is not None for value in values) and numeric:
        return max(_by_cut(values, labels), _by_groups(values, labels, most=20))
    return _by_groups(values, labels, most=MOST_DECISIONS)


def share_commonest(labels: Sequence[str]) -> float:
    """The share of the commonest label."""
    return Counter(labels).most_common(1)[0][1] / len(labels) if labels else 0.0


def _by_groups(values: Sequence[object], labels: Sequence[str], *, most: int) -> float:
    groups: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for value, label in zip(values, labels, strict=True):
        groups[value][label] += 1
        if len(groups) > most:
            return 0.0  # so many groups tell anything
    correct = sum(counts.most_common(1)[0][1] for counts in groups.values())
    return correct / len(labels) if labels else 0.0


def _by_cut(values: Sequence[object], labels: Sequence[str]) -> float:
    """What one cut through the numbers tells, missing values apart."""
    pairs = sorted(
        (float(value), label)
        for value, label in zip(values, labels, strict=True)
        if isinstance(value, int | float)
    )
    absent = Counter(
        label for value, label in zip(values, labels, strict=True) if value is None
    )
    below: Counter[str] = Counter()
    above = Counter(label for _, label in pairs)
    best = max(above.values(), default=0)
    for place, (value, label) in enumerate(pairs):
        below[label] += 1
        above[label] -= 1
        if place + 1 < len(pairs) and pairs[place + 1][0] != value:
            best = max(best, max(below.values()) + max(above.values()))
    correct = best + max(absent.values(), default=0)
    return correct / len(labels) if labels else 0.0


def spellings(profile: Profile) -> dict[str, str]:
    """Decisions that differ in case or blanks alone, each to its commonest spelling.

    Empty where every decision is spelled in one way.
    """
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, count in profile.counts.items():
        groups[" ".join(text.split()).casefold()][text] += count
    return {
        text: counts.most_common(1)[0][0]
        for counts in groups.values()
        if len(counts) > 1
        for text in counts
    }


def reads_all(reading: Reading, texts: Sequence[str]) -> list[object]:
    """The values of the texts, None where one is missing or does not fit."""
    read = reading.reader()
    values: list[object] = []
    for text in texts:
        try:
            values.append(read(text))
        except DoesNotFit:
            values.append(None)
    return values
