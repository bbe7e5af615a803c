"""How far the facts of new cases are from those that the serving model learnt on.

The population stability index: the sum over the bins of a fact of (p - q) * ln(p / q),
p being the share of the new cases in the bin and q that of the training data (Siddiqi,
Credit Risk Scorecards, 2006, chapter 9; also from there, as a rule of thumb: below 0.1
little has changed, from 0.25 on much has). Numbers fall into the deciles of the
training data, texts into bins by value, and "not stated" is a bin of its own. Half a
case is added to each bin, on both sides, so that an empty one gives a number too.

The index is noisy. Where nothing has changed at all it is about (bins - 1) * (1/n +
1/m) for n new cases and m learnt from, as a chi-square variable times (1/n + 1/m)
(Yurdakul, Statistical Properties of Population Stability Index, 2018). So it is stated
only where chance alone would pass 0.1 for at most one fact in twenty.
"""

import json
import math
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet

from mlops.models import ServingPeriod
from training.features import Fact, Value, read_facts
from training.models import Case

NEWEST = 1000  # cases that are looked at
KEPT_SECONDS = 300  # a correction of a case shows after so long
MOVED, SHIFTED = 0.1, 0.25
MOST_FACTS, MOST_TEXTS, DECILES = 200, 20, 10
LONGEST = 200  # characters of a text with a bin of its own
NORMAL_95 = 1.6448536269514722  # the normal distribution's 95 % point

STABLE, SOME, MUCH, TOO_FEW = "stable", "moved", "shifted", "too_few"


@dataclass(frozen=True)
class FactDrift:
    """``psi`` is None, and the verdict ``too_few``, where chance alone says as much."""

    fact: str
    psi: float | None
    verdict: str


@dataclass(frozen=True)
class Drift:
    """``facts`` by index, the largest first; None: not known for this version.

    ``needed``: so many cases until every fact has an index; None where even many new
    cases would not do, because the model learnt from too few.
    """

    cases: int
    facts: list[FactDrift] | None
    needed: int | None = None


@dataclass
class _Seen:
    """The values of one fact in the training data."""

    numbers: array = field(default_factory=lambda: array("d"))
    texts: Counter[str] = field(default_factory=Counter)


def reference(train_file: Path) -> dict[str, Any]:
    """Per fact its bins, and how many of the cases learnt from fall into each.

    Computed once, in the worker, and kept with the version.
    """
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    cases = 0
    with train_file.open(encoding="utf-8") as file:
        for line in file:
            cases += 1
            for name, value in read_facts(json.loads(line)["facts"])[0].items():
                if isinstance(value, str):
                    seen[name].texts[value] += 1
                else:
                    seen[name].numbers.append(value)
    kept = sorted(seen)[:MOST_FACTS]
    return {"cases": cases, "bins": {name: _bins(seen[name], cases) for name in kept}}


def _bins(seen: _Seen, cases: int) -> dict[str, Any]:
    numbers = sorted(seen.numbers)
    edges = _deciles(numbers)
    short = Counter({text: n for text, n in seen.texts.items() if len(text) <= LONGEST})
    texts = sorted(text for text, _n in short.most_common(MOST_TEXTS))
    counts = [0] * _size(edges, texts)
    for number in numbers:
        counts[_place(number, edges, texts)] += 1
    for text, n in seen.texts.items():
        counts[_place(text, edges, texts)] += n
    counts[-1] = cases - sum(counts)
    return {"edges": edges, "texts": texts, "counts": counts}


def _deciles(numbers: Sequence[float]) -> list[float]:
    """Upper edges of all bins but the last. Few different values get a bin each."""
    cuts = set(numbers)
    if len(cuts) > DECILES:
        cuts = {numbers[len(numbers) * i // DECILES] for i in range(1, DECILES)}
    return sorted(cut for cut in cuts if cut < numbers[-1])


def _size(edges: Sequence[float], texts: Sequence[str]) -> int:
    """One bin more than edges, a bin for each text, other texts, and not stated."""
    return len(edges) + 1 + len(texts) + 2


def _place(value: Value | None, edges: Sequence[float], texts: Sequence[str]) -> int:
    if value is None:
        return _size(edges, texts) - 1
    if not isinstance(value, str):
        return bisect_left(edges, value)
    found = bisect_left(texts, value)
    known = found < len(texts) and texts[found] == value
    return len(edges) + 1 + (found if known else len(texts))


def of_period(period: ServingPeriod) -> Drift:
    """Of the newest cases that got their recommendation in this, the open period.

    Worked out again once another case has come in: reading a thousand takes longer
    than the rest of the page.
    """
    newest = _cases(period).values_list("pk", flat=True).first()
    key = f"drift:{period.pk}:{newest}"
    found: Drift | None = cache.get(key)
    if found is None:
        found = compare(period)
        cache.set(key, found, KEPT_SECONDS)
    return found


def compare(period: ServingPeriod) -> Drift:
    """As ``of_period``, always anew."""
    version = period.model_version
    learnt = (version.evaluation or {}).get("facts") if version else None
    return drift(learnt, list(_cases(period).values_list("facts", flat=True)[:NEWEST]))


def _cases(period: ServingPeriod) -> QuerySet[Case]:
    version, since = period.model_version_id, period.since
    found = Case.objects.filter(recommender_id=version, created_at__gte=since)
    return found.order_by("-pk")


def drift(learnt: Mapping[str, Any] | None, new: Sequence[Iterable[Fact]]) -> Drift:
    """Compare the facts of ``new`` cases with what ``reference`` kept."""
    if learnt is None:
        return Drift(len(new), None)
    values = [read_facts(facts)[0] for facts in new]
    found = [
        _compare(name, bins, [each.get(name) for each in values])
        for name, bins in learnt["bins"].items()
    ]
    found.sort(key=lambda each: -1.0 if each.psi is None else each.psi, reverse=True)
    most = max((_used(bins) for bins in learnt["bins"].values()), default=0)
    return Drift(len(new), found, _needed(most, learnt["cases"]))


def _compare(
    name: str, bins: Mapping[str, Any], values: Sequence[Value | None]
) -> FactDrift:
    edges, texts, learnt = bins["edges"], bins["texts"], bins["counts"]
    counts = [0] * len(learnt)
    for value in values:
        counts[_place(value, edges, texts)] += 1
    if not values or _by_chance(_used(bins), len(values), sum(learnt)) > MOVED:
        return FactDrift(name, None, TOO_FEW)
    index = stability_index(learnt, counts)
    return FactDrift(name, index, verdict(index))


def stability_index(learnt: Sequence[int], new: Sequence[int]) -> float:
    """Of counts per bin. Bins that are empty on both sides are left out."""
    pairs = [(q, p) for q, p in zip(learnt, new, strict=True) if q or p]
    half = len(pairs) / 2
    q_all, p_all = sum(learnt) + half, sum(new) + half
    shares = [((q + 0.5) / q_all, (p + 0.5) / p_all) for q, p in pairs]
    return sum((p - q) * math.log(p / q) for q, p in shares)


def verdict(index: float) -> str:
    if index < MOVED:
        return STABLE
    return SOME if index < SHIFTED else MUCH


def _used(bins: Mapping[str, Any]) -> int:
    """How many bins the training data fills: at least two, or nothing could move."""
    return max(2, sum(1 for count in bins["counts"] if count))


def _by_chance(bins: int, new: int, learnt: int) -> float:
    """What the index stays below in 19 of 20 cases where nothing has changed."""
    return _chi_square_95(bins - 1) * (1 / new + 1 / learnt)


def _chi_square_95(freedom: int) -> float:
    """Wilson and Hilferty's approximation (PNAS 17, 1931)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + NORMAL_95 * math.sqrt(part)) ** 3


def _needed(bins: int, learnt: int) -> int | None:
    if bins == 0 or learnt == 0:
        return None
    room = MOVED / _chi_square_95(bins - 1) - 1 / learnt
    return math.ceil(1 / room) if room > 0 else None
