"""How a model treats the groups of a protected attribute, on its held-out cases.

Counts are stored with a version. They are made in the worker after the trainer has
ended: attributes are brought together with answers here and nowhere else. Rates and
ratios are computed when they are read, so a change of FAVOURABLE_DECISIONS needs no new
training.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from mlops.evaluation.proportions import Ratio, Share, ratio, share
from training.measures import OTHER, Probabilities, best
from training.models import Sample

AT_ONCE = 200  # samples in one query
MOST_GROUPS = 12  # of an attribute; beyond that only large ones are compared
MOST_ATTRIBUTES = 50  # the ones that most cases have
MOST_DECISIONS = 20  # the rare ones are pooled as OTHER
POOLED = ""  # the group of rare values; no value is empty
FEWEST_CASES = 30  # in a group; with fewer it has no ratio
FOUR_FIFTHS = 0.8  # 29 CFR 1607.4(D), Uniform Guidelines on Employee Selection (1978)
HeldOutRow = Mapping[str, Any]  # a line of the held-out file


def count_groups(
    rows: Sequence[HeldOutRow], answers: Sequence[Probabilities]
) -> dict[str, Any] | None:
    """The confusion matrix of each group of each attribute, as it is stored.

    ``rows`` are those of the held-out file: their ``id`` is the sample's. ``answers``:
    the model's, in the same order. None where no case has a protected attribute.
    """
    predicted = [best(answer) for answer in answers]
    by_sample = _attributes_of([row["id"] for row in rows])
    attributes = [by_sample.get(str(row["id"]), {}) for row in rows]
    cases = Counter(name for each in attributes for name in each)
    if not cases:
        return None
    labels = _labels([row["decision"] for row in rows], predicted)
    place = {label: i for i, label in enumerate(labels)}
    other = len(labels) - 1
    pairs = [
        (place.get(row["decision"], other), place.get(answer, other))
        for row, answer in zip(rows, predicted, strict=True)
    ]
    most = sorted(cases, key=lambda name: (-cases[name], name))[:MOST_ATTRIBUTES]
    return {
        "cases": len(rows),
        "labels": labels,
        "attributes": [
            _attribute_counts(
                name, [each.get(name) for each in attributes], pairs, len(labels)
            )
            for name in sorted(most)
        ],
        "attributes_left_out": len(cases) - len(most),
    }


def _labels(decisions: Sequence[str], answers: Sequence[str]) -> list[str]:
    """The labels that occur; of very many, the favourable, the commonest and OTHER."""
    times = Counter([*decisions, *answers])
    if len(times) <= MOST_DECISIONS:
        return sorted(times)
    first = set(favourable_among(list(times)))
    ordered = sorted(times, key=lambda each: (each not in first, -times[each], each))
    return [*sorted(ordered[: MOST_DECISIONS - 1]), OTHER]


def _attributes_of(ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """By sample: the protected attributes of its case that have a value, as text."""
    by_sample: dict[str, dict[str, str]] = {}
    words = {True: "yes", False: "no"}
    for start in range(0, len(ids), AT_ONCE):
        rows = Sample.objects.filter(pk__in=ids[start : start + AT_ONCE])
        for pk, protected in rows.values_list("pk", "case__protected"):
            by_sample[str(pk)] = {
                name: words[value] if isinstance(value, bool) else str(value).strip()
                for name, value in (protected or {}).items()
                if value is not None and str(value).strip()
            }
    return by_sample


def _attribute_counts(
    name: str,
    values: Sequence[str | None],
    pairs: Sequence[tuple[int, int]],
    size: int,
) -> dict[str, Any]:
    """The groups of an attribute; of many values, rare ones are pooled in one group.

    ``pairs``: for each case the places of its decision and of the answer among the
    ``size`` labels.
    """
    cases = Counter(value for value in values if value is not None)
    if len(cases) <= MOST_GROUPS:
        own_group = sorted(cases)
    else:
        most = cases.most_common(MOST_GROUPS - 1)
        own_group = sorted(value for value, n in most if n >= FEWEST_CASES)
    # Where no value is large the attribute is no grouping: it has no pooled group.
    pooled = len(cases) - len(own_group) if own_group else 0
    tables = {
        value: [[0] * size for _ in range(size)] for value in [*own_group, POOLED]
    }
    for value, (true, answer) in zip(values, pairs, strict=True):
        if value is not None:
            tables[value if value in tables else POOLED][true][answer] += 1
    groups: list[dict[str, Any]] = [
        {"value": value, "counts": tables[value]} for value in own_group
    ]
    if pooled:
        groups.append({"value": POOLED, "pooled": pooled, "counts": tables[POOLED]})
    return {
        "name": name,
        "cases": cases.total(),
        "values": len(cases),
        "groups": groups,
    }


@dataclass(frozen=True)
class FairnessGroup:
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
    """``reference``: the group selected most often, of those that are not too small;
    ``values``: how many different ones there are."""

    name: str
    cases: int
    values: int
    reference: str | None
    groups: list[FairnessGroup]


@dataclass(frozen=True)
class Fairness:
    """``favourable``: the decisions that count as such; empty where none is known."""

    cases: int
    favourable: list[str]
    attributes: list[Attribute]
    attributes_left_out: int = 0


def favourable_among(labels: Collection[str]) -> list[str]:
    """The labels that FAVOURABLE_DECISIONS names, whatever their case.

    None of them if all labels are named: then nothing is unfavourable.
    """
    names = {name.casefold() for name in settings.FAVOURABLE_DECISIONS}
    favourable = [label for label in labels if label.strip().casefold() in names]
    return favourable if len(favourable) < len(labels) else []


def judge(stored: Mapping[str, Any]) -> Fairness:
    """Rates and ratios from the result of ``count_groups``; no query, no write."""
    labels = stored["labels"]
    favourable = favourable_among(labels)
    good = [labels.index(label) for label in favourable]
    return Fairness(
        stored["cases"],
        favourable,
        [_attribute(each, labels, good) for each in stored["attributes"]],
        stored.get("attributes_left_out", 0),
    )


def _attribute(
    stored: Mapping[str, Any], labels: Sequence[str], good: Collection[int]
) -> Attribute:
    """``good``: the places of the favourable decisions among the labels."""
    # First without a reference, to find the group that is the reference.
    groups = [_group(each, labels, good, None) for each in stored["groups"]]
    rated = [
        (group.selection.value, group)
        for group in groups
        if group.selection and not group.is_small and not group.pooled
    ]
    best_group = max(rated, key=lambda pair: pair[0])[1] if len(rated) > 1 else None
    return Attribute(
        stored["name"],
        stored["cases"],
        stored["values"],
        best_group.value if best_group else None,
        [_group(each, labels, good, best_group) for each in stored["groups"]],
    )


def _group(
    stored: Mapping[str, Any],
    labels: Sequence[str],
    good: Collection[int],
    reference: FairnessGroup | None,
) -> FairnessGroup:
    counts: list[list[int]] = stored["counts"]
    pooled = stored.get("pooled", 0)
    everything = range(len(labels))
    rest = [i for i in everything if i not in good]
    n = _sum(counts, everything, everything)
    selection = share(_sum(counts, everything, good), n) if good else None
    shares = {
        label: share(_sum(counts, everything, [i]), n) for i, label in enumerate(labels)
    }
    wrongs = [_sum(counts, good, rest), _sum(counts, rest, good)] if good else [0, 0]
    rated = [_sum(counts, part, everything) if good else 0 for part in (good, rest)]
    return FairnessGroup(
        value=stored["value"],
        cases=n,
        decisions={label: each for label, each in shares.items() if each},
        selection=selection,
        reviewed=share(rated[0], n) if good else None,
        false_negative=share(wrongs[0], rated[0]),
        false_positive=share(wrongs[1], rated[1]),
        ratio=None if pooled else _ratio(stored["value"], n, selection, reference),
        pooled=pooled,
    )


def _ratio(
    value: str, cases: int, selection: Share | None, reference: FairnessGroup | None
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
