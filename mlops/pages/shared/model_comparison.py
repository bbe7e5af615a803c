"""A version against the one that served, and its automatic promotion, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mlops.models import ModelVersion, PromotionDecision
from mlops.pages.shared.answer_differences import differences_summary
from mlops.pages.shared.auto_rule_text import RuleLine
from mlops.pages.shared.model_versions import MEASURES, SHARES
from mlops.serving import promotion

DIGITS = 4
PROMOTION_RULES: dict[str, str | Promise] = {
    "switched_on": _("Better versions take over by themselves: switched on"),
    "nothing_on_hold": _("Automatic promotion is not on hold"),
    "not_frozen": _("No freeze window is running"),
    "one_is_enough": _("Your rules do not ask for two people"),
    "not_stopped": _("Serving is not stopped"),
    "something_serves": _("A version serves that a person selected before"),
    "eligible": _("It can serve: files unchanged, loads, answers"),
    "newest": _("No newer version was made meanwhile"),
    "champion_unchanged": _("The version it was compared with still serves"),
    "enough_cases": _("Enough held-out cases"),
    "better_by_margin": _("Log loss fell for sure, by the margin or more"),
    "no_decision_worse": _("No decision is recognized much less often"),
}


@dataclass(frozen=True)
class DifferenceWording:
    """What became of a measure: as it is, and for shares in percentage points."""

    figures: str | Promise
    points: str | Promise


FELL = DifferenceWording(
    _("%(measure)s: %(by)s less (between %(least)s and %(most)s less)."),
    _("%(measure)s: %(by)s points less (between %(least)s and %(most)s less)."),
)
ROSE = DifferenceWording(
    _("%(measure)s: %(by)s more (between %(least)s and %(most)s more)."),
    _("%(measure)s: %(by)s points more (between %(least)s and %(most)s more)."),
)
UNSURE = DifferenceWording(
    _("%(measure)s: no sure difference (between %(least)s less and %(most)s more)."),
    _(
        "%(measure)s: no sure difference (between %(least)s points less and "
        "%(most)s points more)."
    ),
)


@dataclass(frozen=True)
class Difference:
    """One measure's difference as a sentence; verdict: better, worse or unsure."""

    sentence: str
    verdict: str


@dataclass(frozen=True)
class ChampionComparison:
    """What both versions did on the same held-out cases."""

    other: dict[str, Any]  # id, name, version
    cases: int
    left_out: int
    differences: list[Difference]
    recalls: list[dict[str, Any]]
    disagreement: dict[str, Any]


def comparison_of(version: ModelVersion) -> ChampionComparison | None:
    """None where nothing served when it was measured, or that could not be loaded."""
    comparison = (version.evaluation or {}).get("comparison")
    if not comparison or not comparison["cases"]:
        return None
    return ChampionComparison(
        other=comparison["model_version"],
        cases=comparison["cases"],
        left_out=comparison["left_out"],
        differences=[
            _difference(name, interval)
            for name, interval in comparison["differences"].items()
            if interval
        ],
        recalls=comparison["recalls"],
        disagreement=comparison["disagreement"],
    )


def _difference(name: str, interval: dict[str, float]) -> Difference:
    """``interval``: the difference, ``value``, with its 95 % bounds ``low``, ``high``.

    Where zero is between the bounds, it may be chance.
    """
    low, high = interval["low"], interval["high"]
    if low <= 0 <= high:
        least = 0.0 - low  # not "-0.0" where nothing differs
        return Difference(_sentence(UNSURE, name, least=least, most=high), "unsure")
    least, most = sorted((abs(low), abs(high)))
    rose = low > 0
    by = abs(interval["value"])
    return Difference(
        _sentence(ROSE if rose else FELL, name, by=by, least=least, most=most),
        "better" if rose == MEASURES[name].more_is_better else "worse",
    )


def _sentence(wording: DifferenceWording, name: str, **figures: float) -> str:
    """A difference of shares is in percentage points, of other measures as it is."""
    if name in SHARES:
        words = {k: number_format(round(v * 100, 1), 1) for k, v in figures.items()}
        return str(wording.points) % {"measure": MEASURES[name].label, **words}
    words = {k: _figure(v) for k, v in figures.items()}
    return str(wording.figures) % {"measure": MEASURES[name].label, **words}


def _figure(value: float) -> str:
    return str(number_format(round(value, DIGITS), DIGITS))


def comparison_section(version: ModelVersion) -> dict[str, Any]:
    """What the page of a version adds about the one that served then."""
    decision = (
        PromotionDecision.objects.filter(model_version=version)
        .select_related("champion", "period")
        .first()
    )
    comparison = comparison_of(version)
    rules = decision.rules if decision else []
    if decision is None and comparison and not version.periods.exists():
        rules = [rule.as_json() for rule in promotion.preview(version)]
    return {
        "comparison": comparison,
        "listed": differences_summary(version) if comparison else None,
        "promotion": decision,
        "promotion_rules": promotion_lines(rules),
    }


def promotion_lines(rules: list[dict[str, Any]]) -> list[RuleLine]:
    """The rules of automatic promotion in words, failing ones first."""
    lines = [
        RuleLine(
            PROMOTION_RULES.get(rule["rule"], rule["rule"].replace("_", " ")),
            rule["ok"],
            FIGURES[rule["rule"]](rule["value"], rule["limit"])
            if rule["rule"] in FIGURES
            else "",
        )
        for rule in rules
    ]
    return sorted(lines, key=lambda line: line.ok)


def _cases_of(value: int, limit: int) -> str:
    return gettext("%(value)s of %(limit)s") % {
        "value": number_format(value, force_grouping=True),
        "limit": number_format(limit, force_grouping=True),
    }


def _least_fall(value: float | None, limit: float) -> str:
    """The upper end of the difference's interval: the fall that is sure, if it is."""
    if value is None:
        return gettext("not compared")
    if value >= 0:
        return gettext("may even be %(by)s more") % {"by": _figure(value)}
    if not limit:
        return gettext("at least %(by)s") % {"by": _figure(-value)}
    return gettext("at least %(by)s of %(limit)s") % {
        "by": _figure(-value),
        "limit": _figure(-limit),
    }


def _drop(value: float | None, limit: float) -> str:
    if value is None:
        return gettext("not compared")
    return gettext("%(drop)s of %(limit)s %% at most") % {
        "drop": number_format(round(max(value, 0.0) * 100, 1), 1),
        "limit": number_format(round(limit * 100, 1), 1),
    }


FIGURES: dict[str, Callable[[Any, Any], str]] = {
    "enough_cases": _cases_of,
    "better_by_margin": _least_fall,
    "no_decision_worse": _drop,
}
