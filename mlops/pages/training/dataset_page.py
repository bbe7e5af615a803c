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

MOST_VALUES, RUNS, OTHERS = 12, 20, 100
Label = str | Promise


@dataclass(frozen=True)
class Figure:
    """A number and the address of exactly the rows it counts."""

    label: Label
    count: int
    url: str


@dataclass(frozen=True)
class Breakdown:
    """A version divided by one dimension; ``rest`` further values are not listed."""

    title: Label
    figures: list[Figure]
    rest: int


@dataclass(frozen=True)
class FigurePair:
    """The same figure of two versions."""

    label: Label
    mine: Figure
    theirs: Figure

    @property
    def difference(self) -> int:
        return self.mine.count - self.theirs.count


@dataclass(frozen=True)
class Dimension:
    """One way to divide samples.

    ``key`` names its counts, ``names`` gives labels for values, ``filters`` the query
    parameters of the list of samples with a value.
    """

    title: Label
    key: str
    names: Callable[[list[str]], Mapping[str, Label]]
    filters: Callable[[str], dict[str, str]]


DIMENSIONS = [
    Dimension(
        _("By decision"),
        "by_decision",
        lambda values: {value: quoted(value) for value in values},
        lambda value: {"decision": value},
    ),
    Dimension(
        _("By reviewer"),
        "by_reviewer",
        people,
        lambda value: {"by": value},
    ),
    Dimension(
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
        # Empty where nobody named it, and its number is all it has.
        "own_name": ""
        if version.name == default_name(version.number)
        else version.name,
        "counts": contents,
        "to_learn_from": contents["samples"] - contents["held_out"],
        "figures": figures(version, contents),
        "parts": [_breakdown(version, contents, dimension) for dimension in DIMENSIONS],
        "parent": version.parent,
        "others": list(others),
        "runs": _runs(version),
        "has_news": version.added().filter(held_out=False).exists(),
    }


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


def _breakdown(
    version: DatasetVersion, contents: dict[str, Any], dimension: Dimension
) -> Breakdown:
    counts_by_value = contents[dimension.key]
    values = list(counts_by_value)[:MOST_VALUES]
    names = dimension.names(values)
    return Breakdown(
        dimension.title,
        [
            Figure(
                names[value],
                counts_by_value[value],
                url(version, **dimension.filters(value)),
            )
            for value in values
        ],
        len(counts_by_value) - len(values),
    )


def _runs(version: DatasetVersion) -> list[tuple[TrainingRun, ModelVersion | None]]:
    """The newest runs on it, each with the model version it made."""
    rows = list(version.runs.for_table()[:RUNS])
    versions = ModelVersion.objects.in_bulk(
        [row.model_version_id for row in rows if row.model_version_id]
    )
    return [(row, versions.get(row.model_version_id or 0)) for row in rows]


def comparison_page(
    version: DatasetVersion, other: DatasetVersion, part: str
) -> dict[str, Any]:
    """How two versions differ, in figures; the rows are ``rows``."""
    comparison = differences.compare(version, other)
    mine, theirs = counts(version), counts(other)
    return {
        "version": version,
        "other": other,
        "part": part,
        "comparison": comparison,
        # The first three: what is new in a version is a matter of its parent.
        "pairs": [
            FigurePair(figure.label, figure, other_figure)
            for figure, other_figure in zip(
                figures(version, mine)[:3], figures(other, theirs)[:3], strict=True
            )
        ]
        + [
            pair
            for dimension in DIMENSIONS
            for pair in _pairs(version, mine, other, theirs, dimension)
        ],
        "rows": comparison.rows(part if part in differences.PARTS else ""),
    }


def _pairs(
    version: DatasetVersion,
    mine: dict[str, Any],
    other: DatasetVersion,
    theirs: dict[str, Any],
    dimension: Dimension,
) -> list[FigurePair]:
    """The commonest values of both, each counted in both."""
    ours, its = mine[dimension.key], theirs[dimension.key]
    values = list(dict.fromkeys([*list(ours)[:MOST_VALUES], *list(its)[:MOST_VALUES]]))
    names = dimension.names(values)

    def figure(where: DatasetVersion, counts: dict[str, int], value: str) -> Figure:
        address = url(where, **dimension.filters(value))
        return Figure(names[value], counts.get(value, 0), address)

    return [
        FigurePair(
            names[value], figure(version, ours, value), figure(other, its, value)
        )
        for value in values
    ]
