"""How a model treats the groups of a protected attribute, on its held-out cases.

What is kept with a version are counts, made in the worker after the trainer has ended:
attributes meet answers here and nowhere else. Rates and ratios are worked out when they
are looked at, so a change of FAVOURABLE_DECISIONS needs no new training.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from mlops.services.proportions import Ratio, Share, ratio, share
from training.measures import Probabilities, best
from training.models import Sample

AT_ONCE = 200  # the database is asked about so many samples at a time
MOST_GROUPS = 12  # an attribute with more values is no grouping: bring bands of it
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
    labels = sorted({*said, *(row["decision"] for row in rows)})
    place = {label: i for i, label in enumerate(labels)}
    kept = _protected([row["id"] for row in rows])
    tables: dict[str, dict[str, list[list[int]]]] = {}
    for row, answer in zip(rows, said, strict=True):
        for name, value in kept.get(str(row["id"]), {}).items():
            groups = tables.setdefault(name, {})
            empty = [[0] * len(labels) for _ in labels]
            counts = groups.setdefault(value, empty)
            counts[place[row["decision"]]][place[answer]] += 1
    if not tables:
        return None
    return {
        "cases": len(rows),
        "labels": labels,
        "attributes": [_attribute(name, tables[name]) for name in sorted(tables)],
    }


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


def _attribute(name: str, groups: dict[str, list[list[int]]]) -> dict[str, Any]:
    shown = sorted(groups) if len(groups) <= MOST_GROUPS else []
    return {
        "name": name,
        "cases": sum(sum(map(sum, counts)) for counts in groups.values()),
        "values": len(groups),
        "groups": [{"value": value, "counts": groups[value]} for value in shown],
    }


@dataclass(frozen=True)
class Group:
    """Cases with one value of an attribute; a rate of no case is None.

    ``selection``: the model's answer is favourable; ``reviewed``: the reviewers'
    decision is. False negatives are counted among what reviewers decided favourably,
    false positives among the rest. All four are None where nothing is favourable.
    ``ratio``: its selection rate over the reference group's.
    """

    value: str
    cases: int
    decisions: dict[str, Share]
    selection: Share | None
    reviewed: Share | None
    false_negative: Share | None
    false_positive: Share | None
    ratio: Ratio | None

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
    )


def _judged(kept: Row, labels: Sequence[str], good: Collection[int]) -> Attribute:
    plain = [_group(each, labels, good, None) for each in kept["groups"]]
    rated = [(g.selection.value, g) for g in plain if g.selection and not g.is_small]
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
        ratio=_ratio(kept["value"], n, selection, reference),
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
