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

NEWEST = 1000  # cases that are compared
CACHE_SECONDS = 300  # until a corrected case counts as corrected
MOVED, SHIFTED = 0.1, 0.25
MOST_FACTS, MOST_TEXTS, DECILES = 200, 20, 10
LONGEST = 200  # characters of a text with a bin of its own
NORMAL_95 = 1.6448536269514722  # the normal distribution's 95 % point

STABLE, SOME, MUCH, TOO_FEW = "stable", "moved", "shifted", "too_few"


@dataclass(frozen=True)
class FactDrift:
    """``psi`` is None, with the verdict ``too_few``, where chance could explain it."""

    fact: str
    psi: float | None
    verdict: str


@dataclass(frozen=True)
class Drift:
    """The drift of each fact, the largest index first, on so many new cases.

    ``facts`` is None for a version measured before its training data was stored in
    bins. ``needed``: with how many new cases every fact has an index; None where no
    number is enough, because the model learnt from too few.
    """

    cases: int
    facts: list[FactDrift] | None
    needed: int | None = None


@dataclass
class _FactValues:
    """The values of one fact in the training data."""

    numbers: array = field(default_factory=lambda: array("d"))
    texts: Counter[str] = field(default_factory=Counter)


def reference(train_file: Path) -> dict[str, Any]:
    """Per fact its bins, and how many cases of the training data fall into each.

    Computed once, in the worker, and stored with the version.
    """
    by_fact: defaultdict[str, _FactValues] = defaultdict(_FactValues)
    cases = 0
    with train_file.open(encoding="utf-8") as file:
        for line in file:
            cases += 1
            for name, value in read_facts(json.loads(line)["facts"])[0].items():
                if isinstance(value, str):
                    by_fact[name].texts[value] += 1
                else:
                    by_fact[name].numbers.append(value)
    names = sorted(by_fact)[:MOST_FACTS]
    bins = {name: _bins(by_fact[name], cases) for name in names}
    return {"cases": cases, "bins": bins}


def _bins(values: _FactValues, cases: int) -> dict[str, Any]:
    numbers = sorted(values.numbers)
    # Upper edges of all bins but the last. Few different values get a bin each.
    cuts = set(numbers)
    if len(cuts) > DECILES:
        cuts = {numbers[len(numbers) * i // DECILES] for i in range(1, DECILES)}
    edges = sorted(cut for cut in cuts if cut < numbers[-1])
    short = Counter(
        {text: n for text, n in values.texts.items() if len(text) <= LONGEST}
    )
    texts = sorted(text for text, _n in short.most_common(MOST_TEXTS))
    counts = [0] * _size(edges, texts)
    for number in numbers:
        counts[_place(number, edges, texts)] += 1
    for text, n in values.texts.items():
        counts[_place(text, edges, texts)] += n
    counts[-1] = cases - sum(counts)
    return {"edges": edges, "texts": texts, "counts": counts}


def _size(edges: Sequence[float], texts: Sequence[str]) -> int:
    """How many bins: one more than edges, one a text, other texts, and not stated."""
    return len(edges) + 1 + len(texts) + 2


def _place(value: Value | None, edges: Sequence[float], texts: Sequence[str]) -> int:
    """The number of the bin that a value falls into."""
    if value is None:
        return _size(edges, texts) - 1
    if not isinstance(value, str):
        return bisect_left(edges, value)
    place = bisect_left(texts, value)
    has_bin = place < len(texts) and texts[place] == value
    return len(edges) + 1 + (place if has_bin else len(texts))


def of_period(period: ServingPeriod) -> Drift:
    """The drift of the newest cases that were recommended in this, the open period.

    From the cache until another case comes in: reading a thousand cases takes longer
    than the rest of the page. Writes nothing but the cache.
    """
    newest = _cases(period).values_list("pk", flat=True).first()
    key = f"drift:{period.pk}:{newest}"
    result: Drift | None = cache.get(key)
    if result is None:
        result = compare(period)
        cache.set(key, result, CACHE_SECONDS)
    return result


def compare(period: ServingPeriod) -> Drift:
    """As ``of_period``, without the cache."""
    version = period.model_version
    learnt = (version.evaluation or {}).get("facts") if version else None
    return drift(learnt, list(_cases(period).values_list("facts", flat=True)[:NEWEST]))


def _cases(period: ServingPeriod) -> QuerySet[Case]:
    version, since = period.model_version_id, period.since
    cases = Case.objects.filter(recommender_id=version, created_at__gte=since)
    return cases.order_by("-pk")


def drift(learnt: Mapping[str, Any] | None, new: Sequence[Iterable[Fact]]) -> Drift:
    """Compare the facts of ``new`` cases with the result of ``reference``."""
    if learnt is None:
        return Drift(len(new), None)
    values = [read_facts(facts)[0] for facts in new]
    facts = [
        _fact_drift(name, bins, [each.get(name) for each in values])
        for name, bins in learnt["bins"].items()
    ]
    facts.sort(key=lambda each: -1.0 if each.psi is None else each.psi, reverse=True)
    most = max((_used(bins) for bins in learnt["bins"].values()), default=0)
    return Drift(len(new), facts, _needed(most, learnt["cases"]))


def _fact_drift(
    name: str, bins: Mapping[str, Any], values: Sequence[Value | None]
) -> FactDrift:
    edges, texts, learnt = bins["edges"], bins["texts"], bins["counts"]
    counts = [0] * len(learnt)
    for value in values:
        counts[_place(value, edges, texts)] += 1
    # What the index stays below in 19 of 20 facts where nothing has changed.
    spread = _chi_square_95(_used(bins) - 1)
    if not values or spread * (1 / len(values) + 1 / sum(learnt)) > MOVED:
        return FactDrift(name, None, TOO_FEW)
    index = stability_index(learnt, counts)
    return FactDrift(name, index, verdict(index))


def stability_index(learnt: Sequence[int], new: Sequence[int]) -> float:
    """The index of two lists of counts per bin; bins empty in both are left out."""
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


def _chi_square_95(freedom: int) -> float:
    """The 95 % point of chi-square, by Wilson and Hilferty (PNAS 17, 1931)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + NORMAL_95 * math.sqrt(part)) ** 3


def _needed(bins: int, learnt: int) -> int | None:
    """With how many new cases a fact of so many bins has an index; None: with none."""
    if bins == 0 or learnt == 0:
        return None
    room = MOVED / _chi_square_95(bins - 1) - 1 / learnt
    return math.ceil(1 / room) if room > 0 else None
