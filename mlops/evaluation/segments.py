"""Which cases a model answers better or worse: one fact at a time.

Groups of cases come from the facts, as models read them: each value of a category,
thirds of a number, and the cases without the fact. The training data says which values
there are and where the thirds end; the held-out cases are counted. Protected attributes
are no facts; ``fairness`` is about them.

Counts are stored with a version. Whether a group got worse is judged when it is read:
McNemar's exact test in each group, corrected for how many groups were looked at
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

FEWEST_CASES = 30  # held-out cases in a group; smaller ones are left out
MOST_VALUES = 6  # of a category: the commonest
MOST_FACTS = 30  # those given most often
LONGEST = 200  # characters of a value: longer ones are no category
SURE = 0.05
Row = Mapping[str, Any]  # a line of the training file
Facts = dict[str, Value]


@dataclass(frozen=True)
class HeldOutResults:
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
    training_rows: Iterable[Row], results: HeldOutResults
) -> dict[str, Any] | None:
    """The counts as they are stored with a version; None where there is no group."""
    training_values, left_out = _commonest_facts(training_rows)
    cases = [read_facts(facts)[0] for facts in results.facts]
    groups = []
    for name, values in training_values.items():
        for group, belongs in _groups(name, values):
            places = [i for i, facts in enumerate(cases) if belongs(facts.get(name))]
            # A group of all cases would only repeat the measures of the whole.
            if FEWEST_CASES <= len(places) < len(cases):
                groups.append({**group, **_counts(results, places)})
    if not groups:
        return None
    return {
        "cases": len(cases),
        "facts": len(training_values),
        "facts_left_out": left_out,
        "groups": groups,
    }


def _commonest_facts(rows: Iterable[Row]) -> tuple[dict[str, list[Value]], int]:
    """The training data's values of the facts given most often, and how many facts
    are left out."""
    values: defaultdict[str, list[Value]] = defaultdict(list)
    for row in rows:
        for name, value in read_facts(row["facts"])[0].items():
            values[name].append(value)
    chosen = sorted(values, key=lambda name: (-len(values[name]), name))[:MOST_FACTS]
    return {name: values[name] for name in sorted(chosen)}, len(values) - len(chosen)


def _counts(results: HeldOutResults, places: Sequence[int]) -> dict[str, Any]:
    """The right answers of each model, and those that one model alone gave."""
    mine = [results.candidate[place] for place in places]
    counts = {"cases": len(places), "candidate": sum(mine)}
    if results.champion is None:
        return counts
    theirs = [results.champion[place] for place in places]
    pairs = Counter(zip(mine, theirs, strict=True))
    return {
        **counts,
        "champion": sum(theirs),
        "gained": pairs[True, False],
        "lost": pairs[False, True],
    }


FactGroup = tuple[dict[str, Any], Callable[[Value | None], bool]]


def _groups(name: str, values: Sequence[Value]) -> list[FactGroup]:
    """The groups of one fact: how each is described, and which values belong to it."""
    numbers = [value for value in values if isinstance(value, float)]
    is_number = 2 * len(numbers) > len(values) and len(set(numbers)) > MOST_VALUES
    groups = _thirds(numbers) if is_number else _commonest(values)
    absent: FactGroup = {"kind": "absent"}, lambda value: value is None
    return [({"fact": name, **kind}, belongs) for kind, belongs in [*groups, absent]]


def _commonest(values: Iterable[Value]) -> list[FactGroup]:
    def group(text: str) -> FactGroup:
        return {
            "kind": "value",
            "value": text,
        }, lambda value: _value_text(value) == text

    tally = Counter(text for text in map(_value_text, values) if len(text) <= LONGEST)
    commonest = sorted(tally, key=lambda text: (-tally[text], text))[:MOST_VALUES]
    return [group(text) for text in sorted(commonest)]


def _value_text(value: Value | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.12g}"


def _thirds(numbers: Sequence[float]) -> list[FactGroup]:
    def group(low: float | None, high: float | None) -> FactGroup:
        def belongs(value: Value | None) -> bool:
            return isinstance(value, float) and not (
                (low is not None and value < low)
                or (high is not None and value >= high)
            )

        return {"kind": "range", "low": low, "high": high}, belongs

    ordered = sorted(numbers)
    first, second = (ordered[len(ordered) * part // 3] for part in (1, 2))
    return [group(None, first), group(first, second), group(second, None)]


def judge(stored: Mapping[str, Any]) -> Segments:
    """The result of ``count_segments`` with shares and verdicts; no query, no write.

    Either all groups have a champion's counts or none has.
    """
    groups = stored["groups"]
    p_values = [mcnemar(g["gained"], g["lost"]) for g in groups if "champion" in g]
    adjusted: Sequence[float | None] = holm(p_values) or [None] * len(groups)
    return Segments(
        cases=stored["cases"],
        facts=stored["facts"],
        facts_left_out=stored["facts_left_out"],
        segments=[
            _segment(group, p) for group, p in zip(groups, adjusted, strict=True)
        ],
    )


def _segment(group: Mapping[str, Any], adjusted: float | None) -> Segment:
    verdict = ""
    if adjusted is not None and adjusted <= SURE:
        verdict = "better" if group["gained"] > group["lost"] else "worse"
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
        verdict=verdict,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected by Holm, in their order.

    With 95 % probability not one of those that are at most SURE is due to chance.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected
