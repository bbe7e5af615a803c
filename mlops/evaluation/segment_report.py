"""Where a version is better or worse, group by group, in words."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mlops.evaluation.proportions import Share
from mlops.evaluation.segments import Segment, Segments, judge
from mlops.models import ModelVersion


@dataclass(frozen=True)
class Told:
    """A group that got surely better or worse, as a sentence."""

    text: str
    verdict: str


@dataclass(frozen=True)
class Line:
    """A group of cases, and how each version did there."""

    name: str
    segment: Segment


@dataclass(frozen=True)
class SegmentsPage:
    """``other``: the number of the version it was compared with; None: with none."""

    found: Segments
    other: int | None
    told: list[Told]
    lines: list[Line]


def segments_of(version: ModelVersion) -> Segments | None:
    """None for a version measured before this was, or on too few cases."""
    kept = (version.evaluation or {}).get("segments")
    return judge(kept) if kept else None


def segments_page(version: ModelVersion) -> SegmentsPage | None:
    found = segments_of(version)
    if found is None:
        return None
    compared = (version.evaluation or {}).get("comparison")
    other = compared["model_version"]["version"] if compared else None
    lines = [Line(name_of(each), each) for each in found.segments]
    notable = sorted(
        (line for line in lines if line.segment.verdict),
        key=lambda line: (line.segment.verdict != "worse", line.segment.adjusted),
    )
    told = [_told(version, line) for line in notable]
    return SegmentsPage(found, other, told, lines)


def name_of(segment: Segment) -> str:
    """What the cases of a group have in common."""
    said = {"fact": segment.fact, "value": segment.value}
    if segment.kind == "value":
        return _("%(fact)s = %(value)s") % said
    if segment.kind == "absent":
        return _("%(fact)s not given") % said
    low, high = _limit(segment.low), _limit(segment.high)
    said |= {"low": low, "high": high}
    if segment.low is None:
        return _("%(fact)s below %(high)s") % said
    if segment.high is None:
        return _("%(fact)s from %(low)s") % said
    return _("%(fact)s from %(low)s to below %(high)s") % said


def _limit(value: float | None) -> str:
    """Four digits that count, however large or small it is."""
    if value is None:
        return ""
    rounded = float(f"{value:.4g}")
    written = "" if rounded.is_integer() else f"{Decimal(repr(rounded)):f}"
    digits = len(written.partition(".")[2])
    return str(number_format(rounded, digits, force_grouping=True))


def _told(version: ModelVersion, line: Line) -> Told:
    """Of a group with a verdict: it has a champion's share too."""
    text = {
        "worse": _(
            "Surely worse where %(group)s: of %(n)s cases %(mine)s right, before "
            "%(theirs)s."
        ),
        "better": _(
            "Surely better where %(group)s: of %(n)s cases %(mine)s right, before "
            "%(theirs)s."
        ),
    }[line.segment.verdict]
    figures = {
        "group": line.name,
        "n": number_format(line.segment.cases, force_grouping=True),
        "mine": _count(line.segment.candidate),
        "theirs": _count(line.segment.champion),
    }
    return Told(text % figures, line.segment.verdict)


def _count(found: Share | None) -> str:
    return str(number_format(found.count, force_grouping=True)) if found else ""
