"""Which cases a model answers better or worse: one fact at a time.

Groups of cases come from the facts themselves, as models read them: each value of a
category, thirds of a number, and the cases without the fact. The training data says
which values and where the thirds end, the held-out cases are counted. Protected
attributes are no facts; they are looked at in ``fairness``.

What is kept with a version are counts. Whether a group got worse is judged when it is
read: McNemar's exact test in each group, corrected for how many groups were looked at
by Holm, A Simple Sequentially Rejective Multiple Test Procedure (Scandinavian Journal
of Statistics 6, 1979), which holds whatever the groups have in common.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops.evaluation.comparison import mcnemar
from mlops.evaluation.proportions import Share, share
from training.features import Value, read_facts

FEWEST_CASES = 30  # held-out cases in a group; fewer say nothing
MOST_VALUES = 6  # of a category: the commonest
MOST_FACTS = 30  # those given most often
LONGEST = 200  # characters of a value: longer ones are no category
SURE = 0.05
Row = Mapping[str, Any]
Facts = dict[str, Value]


@dataclass(frozen=True)
class Answered:
    """Per held-out case: its facts, and whether each model was right."""

    facts: Sequence[Sequence[Mapping[str, Any]]]
    candidate: Sequence[bool]
    champion: Sequence[bool] | None


@dataclass(frozen=True)
class Segment:
    """One group of cases. ``kind`` says what it has in common: a value of the fact
    (``value``), from ``low`` on and below ``high`` (``range``), or its absence.

    ``verdict``: surely better or worse than the champion, or empty. ``adjusted`` is
    what was judged: the p-value corrected for all groups looked at.
    """

    fact: str
    kind: str
    value: str
    low: float | None
    high: float | None
    cases: int
    candidate: Share | None
    champion: Share | None
    adjusted: float | None
    verdict: str


@dataclass(frozen=True)
class Segments:
    """All groups that were looked at, on so many cases."""

    cases: int
    facts: int
    facts_left_out: int
    segments: list[Segment]


def count_segments(
    trained_on: Iterable[Row], answered: Answered
) -> dict[str, Any] | None:
    """The counts as they are kept with a version; None where there is no group."""
    asked, left_out = _facts_asked(trained_on)
    read = [read_facts(facts)[0] for facts in answered.facts]
    found = [
        {**group, **_counts(answered, places)}
        for name, values in asked.items()
        for group, belongs in _groups(name, values)
        if FEWEST_CASES <= len(places := _places(read, name, belongs)) < len(read)
    ]
    if not found:
        return None
    return {
        "cases": len(read),
        "facts": len(asked),
        "facts_left_out": left_out,
        "groups": found,
    }


def _facts_asked(rows: Iterable[Row]) -> tuple[dict[str, list[Value]], int]:
    """The training data's values of the facts given most often, and how many facts
    are not among them."""
    values: defaultdict[str, list[Value]] = defaultdict(list)
    for row in rows:
        for name, value in read_facts(row["facts"])[0].items():
            values[name].append(value)
    chosen = sorted(values, key=lambda name: (-len(values[name]), name))[:MOST_FACTS]
    return {name: values[name] for name in sorted(chosen)}, len(values) - len(chosen)


def _places(
    read: Sequence[Facts], name: str, belongs: Callable[[Value | None], bool]
) -> list[int]:
    return [place for place, facts in enumerate(read) if belongs(facts.get(name))]


def _counts(answered: Answered, places: Sequence[int]) -> dict[str, Any]:
    """Right answers, and among them those of one model alone."""
    mine = [answered.candidate[place] for place in places]
    counts = {"cases": len(places), "candidate": sum(mine)}
    if answered.champion is None:
        return counts
    theirs = [answered.champion[place] for place in places]
    pairs = Counter(zip(mine, theirs, strict=True))
    return {
        **counts,
        "champion": sum(theirs),
        "gained": pairs[True, False],
        "lost": pairs[False, True],
    }


Group = tuple[dict[str, Any], Callable[[Value | None], bool]]


def _groups(name: str, values: Sequence[Value]) -> list[Group]:
    """What each group of a fact is called, and which values belong to it."""
    numbers = [value for value in values if isinstance(value, float)]
    measured = 2 * len(numbers) > len(values) and len(set(numbers)) > MOST_VALUES
    groups = _thirds(numbers) if measured else _commonest(values)
    absent: Group = {"kind": "absent"}, lambda value: value is None
    return [({"fact": name, **said}, belongs) for said, belongs in [*groups, absent]]


def _commonest(values: Iterable[Value]) -> list[Group]:
    def group(text: str) -> Group:
        return {"kind": "value", "value": text}, lambda value: _worded(value) == text

    tally = Counter(text for text in map(_worded, values) if len(text) <= LONGEST)
    commonest = sorted(tally, key=lambda text: (-tally[text], text))[:MOST_VALUES]
    return [group(text) for text in sorted(commonest)]


def _worded(value: Value | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.12g}"


def _thirds(numbers: Sequence[float]) -> list[Group]:
    def group(low: float | None, high: float | None) -> Group:
        def belongs(value: Value | None) -> bool:
            return isinstance(value, float) and not (
                (low is not None and value < low)
                or (high is not None and value >= high)
            )

        return {"kind": "range", "low": low, "high": high}, belongs

    ordered = sorted(numbers)
    first, second = (ordered[len(ordered) * part // 3] for part in (1, 2))
    return [group(None, first), group(first, second), group(second, None)]


def judge(kept: Mapping[str, Any]) -> Segments:
    """What was kept, with shares and verdicts."""
    groups = kept["groups"]
    compared = [g for g in groups if "champion" in g]
    corrected = holm([mcnemar(g["gained"], g["lost"]) for g in compared])
    adjusted: Sequence[float | None] = corrected or [None] * len(groups)
    return Segments(
        cases=kept["cases"],
        facts=kept["facts"],
        facts_left_out=kept["facts_left_out"],
        segments=[
            _segment(group, p) for group, p in zip(groups, adjusted, strict=True)
        ],
    )


def _segment(group: Mapping[str, Any], adjusted: float | None) -> Segment:
    return Segment(
        fact=group["fact"],
        kind=group["kind"],
        value=group.get("value", ""),
        low=group.get("low"),
        high=group.get("high"),
        cases=group["cases"],
        candidate=share(group["candidate"], group["cases"]),
        champion=(
            share(group["champion"], group["cases"]) if "champion" in group else None
        ),
        adjusted=adjusted,
        verdict=_verdict(group, adjusted),
    )


def _verdict(group: Mapping[str, Any], adjusted: float | None) -> str:
    if adjusted is None or adjusted > SURE:
        return ""
    return "better" if group["gained"] > group["lost"] else "worse"


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value as it counts among the others: at most SURE, and it is sure that
    not one of those is a find by chance (with 95 %)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected
