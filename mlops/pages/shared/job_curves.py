"""What a job measured: the newest figures, and courses of the same measure together."""

from dataclasses import dataclass
from typing import Any

from mlops.pages.shared.model_versions import MEASURES, SHARES, MeasureKind
from training.models import JobMetric, PipelineJob

PLACES = ("eval", "eval_commonest", "cv", "cv_commonest")
MEASURED_ON = ("eval_", "train_", "cv_")
KINDS_OF_MODEL = ("_linear", "_trees")  # what the built-in trainer compares
LEAST_POINTS = 3  # of a course; fewer are a figure
NEWEST_ROWS = 20_000  # that are read
MOST_LINES = 3  # of a chart

Course = tuple[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class JobMeasure:
    """One measure of the model that a job trains, and of a naive answer."""

    kind: MeasureKind
    is_share: bool
    held_out: float | None
    commonest: float | None
    crossed: float | None


def curves(job: PipelineJob) -> dict[str, Any]:
    """The measures of the newest attempt: newest values, and courses by measure."""
    rows = JobMetric.objects.filter(job=job, attempt=job.attempt)
    newest = rows.order_by("-step", "-pk").values_list("name", "step", "value")[
        :NEWEST_ROWS
    ]
    series: dict[str, list[tuple[float, float]]] = {}
    for name, step, value in reversed(list(newest)):
        series.setdefault(name, []).append((step, value))
    courses = {
        name: points for name, points in series.items() if len(points) >= LEAST_POINTS
    }
    figures = {
        name: points[-1][1] for name, points in series.items() if name not in courses
    }
    return {
        "measured": measured(figures),
        "figures": figures,
        "curves": _by_family(courses),
    }


def _by_family(
    courses: dict[str, list[tuple[float, float]]],
) -> dict[str, list[Course]]:
    """Loss beside held-out loss; what is too much for one chart has one of its own."""
    families: dict[str, list[Course]] = {}
    for name in sorted(courses):
        family_name = name
        for prefix in MEASURED_ON:
            family_name = family_name.removeprefix(prefix)
        for suffix in KINDS_OF_MODEL:
            family_name = family_name.removesuffix(suffix)
        family = families.setdefault(family_name, [])
        if len(family) < MOST_LINES:
            family.append((name, courses[name]))
        else:
            families[name] = [(name, courses[name])]
    return families


def measured(figures: dict[str, float]) -> list[JobMeasure]:
    """Takes the known measures out of ``figures``, as rows of a table."""
    rows = []
    for name, kind in MEASURES.items():
        # "cv_commonest" is taken out as well, though no column shows it.
        values = [figures.pop(f"{place}_{name}", None) for place in PLACES]
        if any(value is not None for value in values):
            rows.append(JobMeasure(kind, name in SHARES, *values[:3]))
    return rows
