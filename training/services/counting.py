"""What a dataset version contains, in figures."""

from collections import Counter
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q

from training.choices import DatasetStatus
from training.models import DatasetVersion, Sample
from training.models.datasets import SampleQuerySet

Tally = Counter[tuple[str, str, bool]]  # by decision, source, and whether held out
PARTS = {
    "by_decision": "decision",
    "by_reviewer": "review__by__username",
    "by_source": "source",
}


def counts(version: DatasetVersion) -> dict[str, Any]:
    """``samples``, ``held_out``, ``new`` and ``withdrawn`` (both since its parent), and
    ``by_decision``, ``by_reviewer`` (user names) and ``by_source``, the most first.

    Kept once sealed; until then what its parent contains, and what changed since.
    """
    before = _known_before(version)
    if before is None:
        return _ordered(version.counts or count_samples(version))
    now = Counter(before["by_reviewer"])
    now.update(_by_reviewer(_entered(version)))
    now.subtract(_by_reviewer(version.withdrawn()))
    return {**totals(version), "by_reviewer": _most_first(now)}


def totals(version: DatasetVersion) -> dict[str, Any]:
    """``counts`` without the reviewers, who take longest to count."""
    before = _known_before(version)
    if before is None:
        found = _ordered(version.counts or count_samples(version))
        return {name: found[name] for name in found if name != "by_reviewer"}
    entered, left = _tally(_entered(version)), _tally(version.withdrawn())
    changed = Counter(entered)
    changed.subtract(left)
    by_decision, by_source = (
        Counter(before["by_decision"]),
        Counter(before["by_source"]),
    )
    for (decision, source, _held_out), n in changed.items():
        by_decision[decision] += n
        by_source[source] += n
    held_out = sum(n for (*_rest, is_held_out), n in changed.items() if is_held_out)
    return {
        "samples": before["samples"] + changed.total(),
        "held_out": before["held_out"] + held_out,
        "new": entered.total(),
        "withdrawn": left.total(),
        "by_decision": _most_first(by_decision),
        "by_source": _most_first(by_source),
    }


def count_samples(version: DatasetVersion) -> dict[str, Any]:
    """As ``counts``, by looking at every sample: what a seal keeps."""
    samples = version.samples()
    figures = samples.aggregate(
        samples=Count("pk"),
        held_out=Count("pk", filter=Q(held_out=True)),
        new=Count("pk", filter=Q(in_from=version.number)),
    )
    parts = {name: samples.tally(column) for name, column in PARTS.items()}
    return {**figures, "withdrawn": version.withdrawn().count(), **parts}


def _known_before(version: DatasetVersion) -> dict[str, Any] | None:
    """The figures of the parent of an open version; None if there are none to add to.

    What a sealed version contains can no longer change, so only the rest is counted.
    """
    if version.status != DatasetStatus.OPEN:
        return None
    parent = version.parent
    kept = parent.counts if parent else {}
    return kept if kept.keys() >= PARTS.keys() else None


def _entered(version: DatasetVersion) -> SampleQuerySet:
    """``added`` for the newest version, in the words of the index sample_collected."""
    return Sample.objects.collected().filter(in_from=version.number)


def _tally(samples: SampleQuerySet) -> Tally:
    rows = samples.order_by().values_list("decision", "source", "held_out")
    return Counter({row[:3]: row[3] for row in rows.annotate(n=Count("pk"))})


def _by_reviewer(samples: SampleQuerySet) -> dict[str, int]:
    tally = samples.tally("review__by")
    names = User.objects.in_bulk(list(tally))
    return {names[pk].get_username(): n for pk, n in tally.items()}


def _ordered(found: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL keeps the keys of JSON in an order of its own."""
    return {
        name: _most_first(value) if name in PARTS else value
        for name, value in found.items()
    }


def _most_first(tally: dict[str, int]) -> dict[str, int]:
    some = ((value, n) for value, n in tally.items() if n)
    return dict(sorted(some, key=lambda entry: (-entry[1], entry[0])))
