"""Serving, its history and the model versions, as the pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mlops.choices import PeriodKind
from mlops.evaluation.fairness_report import calibration_page, fairness_page
from mlops.evaluation.segment_report import segments_page
from mlops.models import ModelVersion, ServingPeriod
from mlops.pages.shared.freeze_windows import freeze_now
from mlops.pages.shared.people import roles_that_may
from mlops.pages.shared.production import agreement_now
from mlops.serving import selection
from mlops.serving.off_switch import stopped_version
from mlops.serving.periods import rollback_target
from mlops.serving.rehearsal_report import fresh_rehearsal
from mlops.serving.rehearsal_rule import needs_rehearsal
from preciso.page_paginator import KeyPaginator
from training.services.policy.policies import policy


@dataclass(frozen=True)
class MeasureKind:
    """A measure in words, and whether more of it is better."""

    label: str | Promise
    explained: str | Promise
    more_is_better: bool


MEASURES = {
    "accuracy": MeasureKind(_("Right answers"), _("Of all held-out cases."), True),
    "balanced_accuracy": MeasureKind(
        _("Right answers, balanced"), _("Each decision weighs the same."), True
    ),
    "auc": MeasureKind(
        _("Ranking (AUC)"), _("1 orders every pair rightly, 0.5 is chance."), True
    ),
    "log_loss": MeasureKind(
        _("Log loss"), _("Punishes being sure and wrong; less is better."), False
    ),
    "brier": MeasureKind(
        _("Brier score"), _("Error of the stated probabilities; less is better."), False
    ),
}
IN_DETAIL = (
    "evaluation",
    "run__report",
    "run__metrics",
    "run__artifacts",
    "run__job__input",
    "run__job__output",
    "run__dataset_version__counts",
)
PAGE_SIZE = 20
SHARES = ("accuracy", "balanced_accuracy")


@dataclass(frozen=True)
class Measure:
    """One measure of a version beside the version then serving and a naive answer.

    ``mine_between`` and ``champion_between``: their 95 % intervals in words, or empty.
    """

    kind: MeasureKind
    mine: float | None
    mine_between: str
    champion: float | None
    champion_between: str
    commonest: float | None
    is_share: bool
    verdict: str  # better, worse, or empty


@dataclass(frozen=True)
class ConfusionMatrix:
    """True decisions down, answers across."""

    labels: list[str]
    rows: list[tuple[str, list[tuple[int, str]]]]  # (true decision, (count, class))


def serving_card() -> dict[str, Any]:
    """What serves, since when, put there by whom, and what a rollback brings back."""
    period = selection.current_period()
    back = rollback_target(period)
    state, rules = selection.state(), policy()
    return {
        "period": period,
        "stopped": stopped_version(period),
        "fallback": state.fallback,
        "back_to": back,
        "rehearsal": (
            fresh_rehearsal(back.model_version)["rehearsal"]
            if back and back.model_version
            else None
        ),
        "rehearsal_required": rules.rehearsal_required,
        "wants_two": rules.two_people_select or rules.conflict_share is not None,
        "rolled_back_from": _rolled_back_from(period),
        "state": state,
        "hold_lifters": roles_that_may("mlops.release_hold") if state.on_hold else [],
        **freeze_now(),
        **agreement_now(),
    }


def stop_in_force() -> ServingPeriod | None:
    """Since when, by whom and why people decide; None where nothing is stopped."""
    period = selection.current_period()
    return period if period is not None and period.is_stopped else None


def _rolled_back_from(period: ServingPeriod | None) -> ModelVersion | None:
    """What the last switch took out, if that was a rollback: it can be undone."""
    if period is None or period.kind != PeriodKind.ROLLBACK:
        return None
    return ModelVersion.objects.with_withdrawn().get(periods__followed_by=period)


def history(limit: int = 20) -> list[ServingPeriod]:
    """The newest serving periods, without what their versions measured in detail."""
    details = ("model_version__evaluation", "model_version__metrics")
    return list(ServingPeriod.objects.for_table().defer(*details)[:limit])


def versions() -> KeyPaginator:
    """Without what was measured in detail: a list has no use for it."""
    rows = ModelVersion.objects.for_table().defer(*IN_DETAIL)
    return KeyPaginator(ModelVersion.objects.order_by("-pk"), PAGE_SIZE, rows)


def measures(version: ModelVersion) -> list[Measure]:
    """What was measured of the version on held-out cases, in the order of MEASURES."""
    mine = version.metrics or {}
    evaluation, other = version.evaluation or {}, champion_of(version)
    champion = other.get("metrics") or {}
    commonest = evaluation.get("commonest") or {}
    differences = (evaluation.get("comparison") or {}).get("differences") or {}
    return [
        Measure(
            kind=kind,
            mine=mine.get(name),
            mine_between=_between(evaluation, name),
            champion=champion.get(name),
            champion_between=_between(other, name),
            commonest=commonest.get(name),
            is_share=name in SHARES,
            verdict=_verdict(
                mine.get(name), champion.get(name), differences.get(name), kind
            ),
        )
        for name, kind in MEASURES.items()
        if mine.get(name) is not None
    ]


def champion_of(version: ModelVersion) -> dict[str, Any]:
    """The version that served when this one was measured, on the same cases."""
    return (version.evaluation or {}).get("champion") or {}


def _between(measured: Mapping[str, Any], name: str) -> str:
    interval = (measured.get("intervals") or {}).get(name)
    if not interval:
        return ""
    times, digits = (100, 1) if name in SHARES else (1, 3)
    low, high = (
        number_format(round(interval[end] * times, digits), digits)
        for end in ("low", "high")
    )
    return gettext("(%(low)s to %(high)s)") % {"low": low, "high": high}


def _verdict(mine: Any, champion: Any, difference: Any, kind: MeasureKind) -> str:
    """Empty where it may be chance: the difference's interval holds zero."""
    if mine is None or champion is None or mine == champion:
        return ""
    if difference and difference["low"] <= 0 <= difference["high"]:
        return ""
    return "better" if (mine > champion) == kind.more_is_better else "worse"


def matrix(metrics: Mapping[str, Any] | None) -> ConfusionMatrix | None:
    """None where nothing was measured, or there are too many decisions to show."""
    confusion = (metrics or {}).get("confusion") or {}
    labels = [str(label) for label in confusion.get("labels", [])]
    counts = confusion.get("counts", [])
    if not labels or len(labels) > 12:
        return None
    rows = [
        (
            label,
            [
                (n, "hit" if i == j else "miss" if n else "none")
                for j, n in enumerate(counts[i])
            ],
        )
        for i, label in enumerate(labels)
    ]
    return ConfusionMatrix(labels, rows)


def version_page(version: ModelVersion) -> dict[str, Any]:
    """One version: how it did, what it was made of, when it served."""
    evaluation = version.evaluation or {}
    return {
        "version": version,
        "run": version.run,
        "job": version.run.job,
        "serving": serving_card(),
        "measures": measures(version),
        "has_commonest": bool(evaluation.get("commonest")),
        "has_intervals": bool(evaluation.get("intervals")),
        "matrix": matrix(version.metrics),
        "champion_matrix": matrix(champion_of(version).get("metrics")),
        "calibration": calibration_page(version),
        "fairness": fairness_page(version),
        "segments": segments_page(version),
        "cases": (version.metrics or {}).get("n"),
        "champion": champion_of(version).get("model_version"),
        "periods": list(version.periods.for_table()),
        "must_rehearse": needs_rehearsal(version),
        **fresh_rehearsal(version),
    }
