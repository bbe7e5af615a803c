"""Fairness and calibration of a version in words, as its page shows them.

Everything here reads; nothing is written.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.evaluation.fairness import (
    FEWEST_CASES,
    FOUR_FIFTHS,
    Attribute,
    Fairness,
    FairnessGroup,
    judge,
)
from mlops.evaluation.proportions import Ratio, Share
from mlops.models import ModelVersion

MOST_COLUMNS = 6  # of a table of decisions


@dataclass(frozen=True)
class FairnessSentence:
    """A sentence about a group; ``verdict``: good, unsure, bad, or few."""

    text: str
    verdict: str


@dataclass(frozen=True)
class Cell:
    """A rate and its interval in words."""

    rate: str
    between: str


@dataclass(frozen=True)
class FairnessRow:
    """A group and its rates, in the order of the table's columns; None: no case."""

    value: str
    cases: int
    is_small: bool
    cells: list[Cell | None]


@dataclass(frozen=True)
class FairnessTable:
    """The table of one attribute, and the sentences about its groups."""

    name: str
    cases: int
    sentences: list[FairnessSentence]
    rows: list[FairnessRow]


@dataclass(frozen=True)
class FairnessPage:
    """``favourable``: those decisions as one text; empty where none is known.

    ``left_out``: how many attributes are not shown. ``fewest``: cases of a group.
    """

    cases: int
    favourable: str
    columns: list[str]
    attributes: list[FairnessTable]
    left_out: int = 0
    fewest: int = FEWEST_CASES


def fairness_of(version: ModelVersion) -> Fairness | None:
    """None where no held-out case has a protected attribute."""
    stored = (version.evaluation or {}).get("fairness")
    return judge(stored) if stored else None


def fairness_page(version: ModelVersion) -> FairnessPage | None:
    """The tables of a version, or None as ``fairness_of``.

    Their columns are rates of favourable answers; where it is not known which decisions
    are favourable, they are the decisions themselves, the first ``MOST_COLUMNS``.
    """
    fairness = fairness_of(version)
    if fairness is None:
        return None
    if fairness.favourable:
        labels = []
        columns = [
            _("By the model"),
            _("By reviewers"),
            _("False negatives"),
            _("False positives"),
        ]
    else:
        labels = version.evaluation["fairness"]["labels"][:MOST_COLUMNS]
        columns = [label or _("other") for label in labels]
    return FairnessPage(
        cases=fairness.cases,
        favourable=", ".join(fairness.favourable),
        columns=columns,
        left_out=fairness.attributes_left_out,
        attributes=[_table(each, labels) for each in fairness.attributes],
    )


def _table(attribute: Attribute, labels: list[str]) -> FairnessTable:
    rows = []
    for group in attribute.groups:
        shares = [group.decisions.get(label) for label in labels] or [
            group.selection,
            group.reviewed,
            group.false_negative,
            group.false_positive,
        ]
        cells = [_cell(share) if share else None for share in shares]
        name = group.value or _("other")
        rows.append(FairnessRow(name, group.cases, group.is_small, cells))
    return FairnessTable(attribute.name, attribute.cases, _sentences(attribute), rows)


def _cell(share: Share) -> Cell:
    low, high = _figure(100 * share.low, 0), _figure(100 * share.high, 0)
    between = _("(%(low)s to %(high)s)") % {"low": low, "high": high}
    return Cell(_("%(share)s %%") % {"share": _of_100(share)}, between)


def _sentences(attribute: Attribute) -> list[FairnessSentence]:
    """First the ratios, then what cannot be compared; or why nothing can."""
    if not attribute.groups:
        text = _(
            "%(n)s different values are too many to compare. Keep bands instead, such "
            "as 40 to 49."
        )
        figures = {"n": number_format(attribute.values)}
        return [FairnessSentence(text % figures, "unsure")]
    reference = next(
        (group for group in attribute.groups if group.value == attribute.reference),
        None,
    )
    not_compared = [
        _pooled_sentence(group) if group.pooled else _small_sentence(attribute, group)
        for group in attribute.groups
        if group.is_small or group.pooled
    ]
    if reference is None:
        return not_compared
    return [
        _ratio_sentence(attribute, group, reference, group.ratio)
        for group in attribute.groups
        if group.ratio
    ] + not_compared


def _pooled_sentence(group: FairnessGroup) -> FairnessSentence:
    text = ngettext(
        "%(n)s rare value is counted as other.",
        "%(n)s rare values are counted together, as other.",
        group.pooled,
    )
    return FairnessSentence(text % {"n": number_format(group.pooled)}, "few")


def _small_sentence(attribute: Attribute, group: FairnessGroup) -> FairnessSentence:
    text = ngettext(
        "Only %(n)s case with %(name)s = %(value)s: too few to say anything; it takes "
        "%(fewest)s.",
        "Only %(n)s cases with %(name)s = %(value)s: too few to say anything; it takes "
        "%(fewest)s.",
        group.cases,
    )
    figures = {"n": number_format(group.cases), "fewest": FEWEST_CASES}
    names = {"name": attribute.name, "value": group.value}
    return FairnessSentence(text % {**names, **figures}, "few")


def _ratio_sentence(
    attribute: Attribute, group: FairnessGroup, reference: FairnessGroup, ratio: Ratio
) -> FairnessSentence:
    text = _(
        "Of 100 cases with %(name)s = %(value)s the model answers %(here)s favourably, "
        "of 100 with %(name)s = %(other)s %(there)s. The ratio is %(ratio)s (%(low)s "
        "to %(high)s): %(verdict)s"
    )
    verdict, code = _verdict(ratio)
    figures = {
        "here": _of_100(group.selection),
        "there": _of_100(reference.selection),
        "ratio": _figure(ratio.value, 2),
        "low": _figure(ratio.low, 2),
        "high": _figure(ratio.high, 2),
        "verdict": verdict,
    }
    names = {"name": attribute.name, "value": group.value, "other": reference.value}
    return FairnessSentence(text % {**names, **figures}, code)


def _figure(value: float, digits: int) -> str:
    """Rounded: number_format alone cuts digits off."""
    return str(number_format(round(value, digits), digits))


def _of_100(share: Share | None) -> str:
    return _figure(100 * share.value, 0) if share else ""


def _verdict(ratio: Ratio) -> tuple[str, str]:
    """The end of the sentence on a ratio, and its code."""
    if ratio.high < FOUR_FIFTHS:
        return _("below four fifths, and surely so."), "bad"
    if ratio.value < FOUR_FIFTHS:
        return _("below four fifths, though with so few cases not surely."), "bad"
    if ratio.low < FOUR_FIFTHS:
        return _("not below four fifths, though with so few cases not surely."), (
            "unsure"
        )
    return _("surely not below four fifths."), "good"


@dataclass(frozen=True)
class CalibrationPage:
    """The bins as they are stored, and a sentence on the calibration error."""

    cases: int
    sentence: str
    bins: list[dict[str, Any]]


def calibration_page(version: ModelVersion) -> CalibrationPage | None:
    """None for a version without calibration: an old one, or one without cases."""
    stored = (version.evaluation or {}).get("calibration")
    if not stored:
        return None
    text = _(
        "The stated confidence is off by %(error)s percentage points on average (the "
        "expected calibration error). On so few cases even perfectly stated confidence "
        "would be off by about %(chance)s."
    )
    figures = {
        "error": _figure(100 * stored["error"], 1),
        "chance": _figure(100 * stored["by_chance"], 1),
    }
    return CalibrationPage(stored["cases"], text % figures, stored["bins"])
