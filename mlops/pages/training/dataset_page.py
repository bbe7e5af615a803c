"""One dataset version, and two side by side, as their pages show them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.models import ModelVersion
from mlops.pages.shared.samples import people, quoted, url, way
from training.filters.datasets import UNKNOWN
from training.models import DatasetVersion, TrainingRun
from training.services.datasets import differences
from training.services.datasets.figures import counts
from training.services.datasets.versions import default_name

SHOWN, RUNS, OTHERS = 12, 20, 100
Label = str | Promise


@dataclass(frozen=True)
class Figure:
    """A number and the address of exactly the rows it counts."""

    label: Label
    count: int
    url: str


@dataclass(frozen=True)
class Parts:
    """What a version consists of in one respect; ``rest`` kinds are not shown."""

    title: Label
    figures: list[Figure]
    rest: int


@dataclass(frozen=True)
class Pair:
    """The same figure of two versions."""

    label: Label
    mine: Figure
    theirs: Figure

    @property
    def difference(self) -> int:
        return self.mine.count - self.theirs.count


@dataclass(frozen=True)
class Respect:
    """One way to divide samples: by what, how a value is named, how it is asked for."""

    title: Label
    key: str
    named: Callable[[list[str]], Mapping[str, Label]]
    asked: Callable[[str], dict[str, str]]


RESPECTS = [
    Respect(
        _("By decision"),
        "by_decision",
        lambda values: {value: quoted(value) for value in values},
        lambda value: {"decision": value},
    ),
    Respect(
        _("By reviewer"),
        "by_reviewer",
        people,
        lambda value: {"by": value},
    ),
    Respect(
        _("By the way they were approved"),
        "by_source",
        lambda values: {value: way(value) for value in values},
        lambda value: {"source": value or UNKNOWN},
    ),
]


def dataset_page(version: DatasetVersion) -> dict[str, Any]:
    """What it contains, what was new, what it was compared and trained with."""
    contents = counts(version)
    others = DatasetVersion.objects.exclude(pk=version.pk).order_by("-number")[:OTHERS]
    return {
        "version": version,
        "own_name": _own_name(version),
        "counts": contents,
        "to_learn_from": contents["samples"] - contents["held_out"],
        "figures": figures(version, contents),
        "parts": [_parts(version, contents, respect) for respect in RESPECTS],
        "parent": version.parent,
        "others": list(others),
        "runs": _runs(version),
        "has_news": version.added().filter(held_out=False).exists(),
    }


def _own_name(version: DatasetVersion) -> str:
    """Empty where nobody named it, and its number is all it has."""
    return "" if version.name == default_name(version.number) else version.name


def figures(version: DatasetVersion, contents: dict[str, Any]) -> list[Figure]:
    learnt = contents["samples"] - contents["held_out"]
    rows: list[tuple[Label, int, str]] = [
        (_("Samples in all"), contents["samples"], ""),
        (_("To learn from"), learnt, "learn"),
        (_("Held out to measure with"), contents["held_out"], "held-out"),
        (_("New in it"), contents["new"], "new"),
        (_("Withdrawn"), contents["withdrawn"], "withdrawn"),
    ]
    return [
        Figure(label, count, url(version, **({"part": part} if part else {})))
        for label, count, part in rows
    ]


def _parts(
    version: DatasetVersion, contents: dict[str, Any], respect: Respect
) -> Parts:
    tally = contents[respect.key]
    shown = list(tally)[:SHOWN]
    names = respect.named(shown)
    return Parts(
        respect.title,
        [
            Figure(names[value], tally[value], url(version, **respect.asked(value)))
            for value in shown
        ],
        len(tally) - len(shown),
    )


def _runs(version: DatasetVersion) -> list[tuple[TrainingRun, ModelVersion | None]]:
    """The newest runs on it, each with the model version it made."""
    rows = list(version.runs.for_table()[:RUNS])
    made = ModelVersion.objects.in_bulk(
        [row.model_version_id for row in rows if row.model_version_id]
    )
    return [(row, made.get(row.model_version_id or 0)) for row in rows]


def comparison_page(
    version: DatasetVersion, other: DatasetVersion, part: str
) -> dict[str, Any]:
    """How two versions differ, in figures; the rows are ``rows``."""
    found = differences.compare(version, other)
    mine, theirs = counts(version), counts(other)
    return {
        "version": version,
        "other": other,
        "part": part,
        "found": found,
        "pairs": _totals(version, mine, other, theirs)
        + [
            pair
            for respect in RESPECTS
            for pair in _pairs(version, mine, other, theirs, respect)
        ],
        "rows": found.rows(part if part in differences.PARTS else ""),
    }


def _totals(
    version: DatasetVersion,
    mine: dict[str, Any],
    other: DatasetVersion,
    theirs: dict[str, Any],
) -> list[Pair]:
    """The first three: what is new in a version is a matter of its parent."""
    both = zip(figures(version, mine)[:3], figures(other, theirs)[:3], strict=True)
    return [Pair(one.label, one, two) for one, two in both]


def _pairs(
    version: DatasetVersion,
    mine: dict[str, Any],
    other: DatasetVersion,
    theirs: dict[str, Any],
    respect: Respect,
) -> list[Pair]:
    ours, its = mine[respect.key], theirs[respect.key]
    values = list(dict.fromkeys([*list(ours)[:SHOWN], *list(its)[:SHOWN]]))
    names = respect.named(values)

    def figure(where: DatasetVersion, tally: dict[str, int], value: str) -> Figure:
        address = url(where, **respect.asked(value))
        return Figure(names[value], tally.get(value, 0), address)

    return [
        Pair(names[value], figure(version, ours, value), figure(other, its, value))
        for value in values
    ]
