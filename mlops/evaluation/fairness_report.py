"""Fairness and calibration of a version, in words and as the page draws them."""

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
    Group,
    judge,
)
from mlops.evaluation.proportions import Ratio, Share
from mlops.models import ModelVersion

MOST_COLUMNS = 6  # of a table of decisions


@dataclass(frozen=True)
class Said:
    """A sentence about a group; verdict: good, unsure or bad."""

    text: str
    verdict: str


@dataclass(frozen=True)
class Cell:
    """A rate and its interval in words."""

    rate: str
    between: str


@dataclass(frozen=True)
class Row:
    """A group and its rates, in the order of the table's columns; None: no case."""

    value: str
    cases: int
    is_small: bool
    cells: list[Cell | None]


@dataclass(frozen=True)
class Told:
    """One attribute: its table, and what to make of it."""

    name: str
    cases: int
    sentences: list[Said]
    rows: list[Row]


@dataclass(frozen=True)
class FairnessPage:
    """``favourable``: the decisions counted so, one text; empty where none is known."""

    cases: int
    favourable: str
    columns: list[str]
    attributes: list[Told]
    left_out: int = 0
    fewest: int = FEWEST_CASES


def fairness_of(version: ModelVersion) -> Fairness | None:
    """None where nothing protected was kept with the held-out cases."""
    kept = (version.evaluation or {}).get("fairness")
    return judge(kept) if kept else None


def fairness_page(version: ModelVersion) -> FairnessPage | None:
    found = fairness_of(version)
    if found is None:
        return None
    labels = version.evaluation["fairness"]["labels"][:MOST_COLUMNS]
    return FairnessPage(
        cases=found.cases,
        favourable=", ".join(found.favourable),
        columns=_columns()
        if found.favourable
        else [label or _("other") for label in labels],
        left_out=found.attributes_left_out,
        attributes=[
            _told(each, [] if found.favourable else labels) for each in found.attributes
        ],
    )


def _columns() -> list[str]:
    return [
        _("By the model"),
        _("By reviewers"),
        _("False negatives"),
        _("False positives"),
    ]


def _told(attribute: Attribute, labels: list[str]) -> Told:
    return Told(
        attribute.name,
        attribute.cases,
        _sentences(attribute),
        [
            Row(
                group.value or _("other"),
                group.cases,
                group.is_small,
                [_cell(each) for each in _shares(group, labels)],
            )
            for group in attribute.groups
        ],
    )


def _shares(group: Group, labels: list[str]) -> list[Share | None]:
    if labels:
        return [group.decisions.get(label) for label in labels]
    return [
        group.selection,
        group.reviewed,
        group.false_negative,
        group.false_positive,
    ]


def _cell(found: Share | None) -> Cell | None:
    if found is None:
        return None
    low, high = _figure(100 * found.low, 0), _figure(100 * found.high, 0)
    between = _("(%(low)s to %(high)s)") % {"low": low, "high": high}
    return Cell(_("%(share)s %%") % {"share": _of_100(found)}, between)


def _sentences(attribute: Attribute) -> list[Said]:
    if not attribute.groups:
        text = _(
            "%(n)s different values are too many to compare. Keep bands instead, such "
            "as 40 to 49."
        )
        return [Said(text % {"n": number_format(attribute.values)}, "unsure")]
    reference = next(
        (group for group in attribute.groups if group.value == attribute.reference),
        None,
    )
    said = [
        _pooled(group) if group.pooled else _small(attribute, group)
        for group in attribute.groups
        if group.is_small or group.pooled
    ]
    if reference is None:
        return said
    return [
        _compared(attribute, group, reference, group.ratio)
        for group in attribute.groups
        if group.ratio
    ] + said


def _pooled(group: Group) -> Said:
    text = ngettext(
        "%(n)s rare value is counted as other.",
        "%(n)s rare values are counted together, as other.",
        group.pooled,
    )
    return Said(text % {"n": number_format(group.pooled)}, "few")


def _small(attribute: Attribute, group: Group) -> Said:
    text = ngettext(
        "Only %(n)s case with %(name)s = %(value)s: too few to say anything; it takes "
        "%(fewest)s.",
        "Only %(n)s cases with %(name)s = %(value)s: too few to say anything; it takes "
        "%(fewest)s.",
        group.cases,
    )
    figures = {"n": number_format(group.cases), "fewest": FEWEST_CASES}
    return Said(text % {"name": attribute.name, "value": group.value, **figures}, "few")


def _compared(
    attribute: Attribute, group: Group, reference: Group, ratio: Ratio
) -> Said:
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
    named = {"name": attribute.name, "value": group.value, "other": reference.value}
    return Said(text % {**named, **figures}, code)


def _figure(value: float, digits: int) -> str:
    """Rounded: number_format alone cuts digits off."""
    return str(number_format(round(value, digits), digits))


def _of_100(found: Share | None) -> str:
    return _figure(100 * found.value, 0) if found else ""


def _verdict(ratio: Ratio) -> tuple[str, str]:
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
    """``sentence`` says what the bins come to."""

    cases: int
    sentence: str
    bins: list[dict[str, Any]]


def calibration_page(version: ModelVersion) -> CalibrationPage | None:
    """None for a version that was measured before this was, or on nothing."""
    kept = (version.evaluation or {}).get("calibration")
    if not kept:
        return None
    text = _(
        "The stated confidence is off by %(error)s percentage points on average (the "
        "expected calibration error). On so few cases even perfectly stated confidence "
        "would be off by about %(chance)s."
    )
    figures = {
        "error": _figure(100 * kept["error"], 1),
        "chance": _figure(100 * kept["by_chance"], 1),
    }
    return CalibrationPage(kept["cases"], text % figures, kept["bins"])
