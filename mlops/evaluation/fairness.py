"""How a model treats the groups of a protected attribute, on its held-out cases.

What is kept with a version are counts, made in the worker after the trainer has ended:
attributes meet answers here and nowhere else. Rates and ratios are worked out when they
are looked at, so a change of FAVOURABLE_DECISIONS needs no new training.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from mlops.evaluation.proportions import Ratio, Share, ratio, share
from training.measures import OTHER, Probabilities, best
from training.models import Sample

AT_ONCE = 200  # the database is asked about so many samples at a time
MOST_GROUPS = 12  # of an attribute; where none is large, it is no grouping
MOST_ATTRIBUTES = 50  # those kept with most cases
MOST_DECISIONS = 20  # the rare ones are pooled as OTHER
POOLED = ""  # the group of rare values; no value is empty
FEWEST_CASES = 30  # in a group; of fewer no ratio is said
FOUR_FIFTHS = 0.8  # 29 CFR 1607.4(D), Uniform Guidelines on Employee Selection (1978)
Row = Mapping[str, Any]


def count_groups(
    rows: Sequence[Row], answers: Sequence[Probabilities]
) -> dict[str, Any] | None:
    """Per attribute and group: how often which answer met which decision.

    ``rows`` are those of the held-out file: their ``id`` is the sample's. None where
    nothing protected was kept with their cases.
    """
    said = [best(answer) for answer in answers]
    kept = _protected([row["id"] for row in rows])
    attributes = [kept.get(str(row["id"]), {}) for row in rows]
    cases = Counter(name for each in attributes for name in each)
    if not cases:
        return None
    labels = _labels([row["decision"] for row in rows], said)
    place = {label: i for i, label in enumerate(labels)}
    other = len(labels) - 1
    pairs = [
        (place.get(row["decision"], other), place.get(answer, other))
        for row, answer in zip(rows, said, strict=True)
    ]
    most = sorted(cases, key=lambda name: (-cases[name], name))[:MOST_ATTRIBUTES]
    return {
        "cases": len(rows),
        "labels": labels,
        "attributes": [
            _attribute(
                name, [each.get(name) for each in attributes], pairs, len(labels)
            )
            for name in sorted(most)
        ],
        "attributes_left_out": len(cases) - len(most),
    }


def _labels(decisions: Sequence[str], answers: Sequence[str]) -> list[str]:
    """Those that occur; of very many, the favourable and the commonest, and OTHER."""
    times = Counter([*decisions, *answers])
    if len(times) <= MOST_DECISIONS:
        return sorted(times)
    first = set(favourable_among(list(times)))
    ordered = sorted(times, key=lambda each: (each not in first, -times[each], each))
    return [*sorted(ordered[: MOST_DECISIONS - 1]), OTHER]


def _protected(ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """By sample: the attributes of its case, those without a value left out."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = Sample.objects.filter(pk__in=ids[start : start + AT_ONCE])
        for pk, kept in rows.values_list("pk", "case__protected"):
            found[str(pk)] = {
                name: _worded(value)
                for name, value in (kept or {}).items()
                if value is not None and str(value).strip()
            }
    return found


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _attribute(
    name: str,
    values: Sequence[str | None],
    pairs: Sequence[tuple[int, int]],
    size: int,
) -> dict[str, Any]:
    """The groups of an attribute; of many values, rare ones are pooled in one group."""
    cases = Counter(value for value in values if value is not None)
    shown = _shown(cases)
    pooled = len(cases) - len(shown) if shown else 0
    tables = {value: [[0] * size for _ in range(size)] for value in [*shown, POOLED]}
    for value, (true, answer) in zip(values, pairs, strict=True):
        if value is not None:
            tables[value if value in tables else POOLED][true][answer] += 1
    groups: list[dict[str, Any]] = [
        {"value": value, "counts": tables[value]} for value in shown
    ]
    if pooled:
        groups.append({"value": POOLED, "pooled": pooled, "counts": tables[POOLED]})
    return {
        "name": name,
        "cases": cases.total(),
        "values": len(cases),
        "groups": groups,
    }


def _shown(cases: Counter[str]) -> list[str]:
    """The values with a group of their own: all, or of many those with enough cases."""
    if len(cases) <= MOST_GROUPS:
        return sorted(cases)
    most = cases.most_common(MOST_GROUPS - 1)
    return sorted(value for value, n in most if n >= FEWEST_CASES)


@dataclass(frozen=True)
class Group:
    """Cases with one value of an attribute; a rate of no case is None.

    ``selection``: the model's answer is favourable; ``reviewed``: the reviewers'
    decision is. False negatives are counted among what reviewers decided favourably,
    false positives among the rest. All four are None where nothing is favourable.
    ``ratio``: its selection rate over the reference group's. ``pooled``: so many rare
    values together, which are no group that could be compared.
    """

    value: str
    cases: int
    decisions: dict[str, Share]
    selection: Share | None
    reviewed: Share | None
    false_negative: Share | None
    false_positive: Share | None
    ratio: Ratio | None
    pooled: int = 0

    @property
    def is_small(self) -> bool:
        return self.cases < FEWEST_CASES


@dataclass(frozen=True)
class Attribute:
    """``reference``: the group selected most often, of those not too small."""

    name: str
    cases: int
    values: int
    reference: str | None
    groups: list[Group]


@dataclass(frozen=True)
class Fairness:
    """``favourable``: which of the decisions that occur are; empty: none is known."""

    cases: int
    favourable: list[str]
    attributes: list[Attribute]
    attributes_left_out: int = 0


def favourable_among(labels: Collection[str]) -> list[str]:
    """Those that the settings name, letters' case aside; none if all of them are."""
    wanted = {name.casefold() for name in settings.FAVOURABLE_DECISIONS}
    found = [label for label in labels if label.strip().casefold() in wanted]
    return found if len(found) < len(labels) else []


def judge(kept: Mapping[str, Any]) -> Fairness:
    """Rates and ratios from what ``count_groups`` kept."""
    labels = kept["labels"]
    favourable = favourable_among(labels)
    good = [labels.index(label) for label in favourable]
    return Fairness(
        kept["cases"],
        favourable,
        [_judged(each, labels, good) for each in kept["attributes"]],
        kept.get("attributes_left_out", 0),
    )


def _judged(kept: Row, labels: Sequence[str], good: Collection[int]) -> Attribute:
    plain = [_group(each, labels, good, None) for each in kept["groups"]]
    named = [group for group in plain if not group.pooled]
    rated = [(g.selection.value, g) for g in named if g.selection and not g.is_small]
    best_group = max(rated, key=lambda pair: pair[0])[1] if len(rated) > 1 else None
    return Attribute(
        kept["name"],
        kept["cases"],
        kept["values"],
        best_group.value if best_group else None,
        [_group(each, labels, good, best_group) for each in kept["groups"]],
    )


def _group(
    kept: Row, labels: Sequence[str], good: Collection[int], reference: Group | None
) -> Group:
    counts: list[list[int]] = kept["counts"]
    pooled = kept.get("pooled", 0)
    everything = range(len(labels))
    rest = [i for i in everything if i not in good]
    n = _sum(counts, everything, everything)
    selection = share(_sum(counts, everything, good), n) if good else None
    shares = {
        label: share(_sum(counts, everything, [i]), n) for i, label in enumerate(labels)
    }
    wrongs = [_sum(counts, good, rest), _sum(counts, rest, good)] if good else [0, 0]
    rated = [_sum(counts, part, everything) if good else 0 for part in (good, rest)]
    return Group(
        value=kept["value"],
        cases=n,
        decisions={label: found for label, found in shares.items() if found},
        selection=selection,
        reviewed=share(rated[0], n) if good else None,
        false_negative=share(wrongs[0], rated[0]),
        false_positive=share(wrongs[1], rated[1]),
        ratio=None if pooled else _ratio(kept["value"], n, selection, reference),
        pooled=pooled,
    )


def _ratio(
    value: str, cases: int, selection: Share | None, reference: Group | None
) -> Ratio | None:
    if reference is None or reference.value == value or cases < FEWEST_CASES:
        return None
    if selection is None or reference.selection is None:
        return None
    return ratio(selection, reference.selection)


def _sum(
    counts: Sequence[Sequence[int]], rows: Collection[int], columns: Collection[int]
) -> int:
    return sum(counts[i][j] for i in rows for j in columns)
