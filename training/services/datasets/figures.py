"""What a dataset version contains, in figures.

Reads only; writes nothing.
"""

from collections import Counter
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Q

from training.choices import DatasetStatus
from training.models import DatasetVersion, Sample
from training.models.datasets import SampleQuerySet


class SampleGroup(NamedTuple):
    """Columns of a sample, all of which the index sample_collected holds."""

    decision: str
    source: str
    held_out: bool
    reviewer: int


Tally = Counter[SampleGroup]
PARTS = {
    "by_decision": "decision",
    "by_reviewer": "reviewer__username",
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
    entered, left = _tally(_entered(version)), _tally(version.withdrawn())
    changed = Counter(entered)
    changed.subtract(left)
    held_out = sum(n for group, n in changed.items() if group.held_out)
    parts = {name: Counter[str](before[name]) for name in PARTS}
    names = _names(changed)
    for group, n in changed.items():
        parts["by_decision"][group.decision] += n
        parts["by_reviewer"][names[group.reviewer]] += n
        parts["by_source"][group.source] += n
    return {
        "samples": before["samples"] + changed.total(),
        "held_out": before["held_out"] + held_out,
        "new": entered.total(),
        "withdrawn": left.total(),
        **{name: _most_first(tally) for name, tally in parts.items()},
    }


def count_samples(version: DatasetVersion) -> dict[str, Any]:
    """As ``counts``, by looking at every sample: what a seal keeps."""
    samples = version.samples()
    figures = samples.aggregate(
        samples=Count("*"),
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
    counts = parent.counts if parent else {}
    return counts if counts.keys() >= PARTS.keys() else None


def _entered(version: DatasetVersion) -> SampleQuerySet:
    """``added`` for the newest version, in the words of the index sample_collected."""
    return Sample.objects.collected().filter(in_from=version.number)


def _tally(samples: SampleQuerySet) -> Tally:
    rows = samples.order_by().values_list(*SampleGroup._fields)
    return Counter(
        {SampleGroup(*row[:-1]): row[-1] for row in rows.annotate(n=Count("*"))}
    )


def _names(tally: Tally) -> dict[int, str]:
    people = User.objects.in_bulk([group.reviewer for group in tally])
    return {pk: person.get_username() for pk, person in people.items()}


def _ordered(figures: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL keeps the keys of JSON in an order of its own."""
    return {
        name: _most_first(value) if name in PARTS else value
        for name, value in figures.items()
    }


def _most_first(tally: dict[str, int]) -> dict[str, int]:
    some = ((value, n) for value, n in tally.items() if n)
    return dict(sorted(some, key=lambda entry: (-entry[1], entry[0])))
