"""What a job measured: the newest figures, and courses of the same measure together."""

from dataclasses import dataclass
from typing import Any

from mlops.pages.shared.model_versions import MEASURES, SHARES, Kind
from training.models import JobMetric, PipelineJob

PLACES = ("eval", "eval_commonest", "cv", "cv_commonest")
MEASURED_ON = ("eval_", "train_", "cv_")
KINDS_OF_MODEL = ("_linear", "_trees")  # what the built-in trainer compares
LEAST, READ, TOGETHER = 3, 20_000, 3  # points of a course, rows, lines of a chart

Course = tuple[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Measured:
    """One measure of the model that a job trains, and of a naive answer."""

    kind: Kind
    is_share: bool
    held_out: float | None
    commonest: float | None
    crossed: float | None


def curves(job: PipelineJob) -> dict[str, Any]:
    """Of the newest attempt: newest values, and courses by the measure they are of."""
    rows = JobMetric.objects.filter(job=job, attempt=job.attempt)
    newest = rows.order_by("-step", "-pk").values_list("name", "step", "value")[:READ]
    series: dict[str, list[tuple[float, float]]] = {}
    for name, step, value in reversed(list(newest)):
        series.setdefault(name, []).append((step, value))
    courses = {name: found for name, found in series.items() if len(found) >= LEAST}
    figures = {
        name: found[-1][1] for name, found in series.items() if name not in courses
    }
    return {
        "measured": measured(figures),
        "figures": figures,
        "curves": _together(courses),
    }


def _together(courses: dict[str, list[tuple[float, float]]]) -> dict[str, list[Course]]:
    """Loss beside held-out loss; what is too much for one chart has one of its own."""
    families: dict[str, list[Course]] = {}
    for name in sorted(courses):
        family = families.setdefault(_family(name), [])
        if len(family) < TOGETHER:
            family.append((name, courses[name]))
        else:
            families[name] = [(name, courses[name])]
    return families


def _family(name: str) -> str:
    for prefix in MEASURED_ON:
        name = name.removeprefix(prefix)
    for suffix in KINDS_OF_MODEL:
        name = name.removesuffix(suffix)
    return name


def measured(figures: dict[str, float]) -> list[Measured]:
    """Takes the known measures out of ``figures``, as rows of a table."""
    rows = []
    for name, kind in MEASURES.items():
        # "cv_commonest" is taken out as well, though no column shows it.
        values = [figures.pop(f"{place}_{name}", None) for place in PLACES]
        if any(value is not None for value in values):
            rows.append(Measured(kind, name in SHARES, *values[:3]))
    return rows
