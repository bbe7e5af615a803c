"""Where a version is better or worse, group by group, in words.

Everything here reads; nothing is written.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mlops.evaluation.proportions import Share
from mlops.evaluation.segments import Segment, Segments, judge
from mlops.models import ModelVersion


@dataclass(frozen=True)
class SegmentSentence:
    """A sentence about a group that got surely better or worse; ``verdict`` says it."""

    text: str
    verdict: str


@dataclass(frozen=True)
class SegmentLine:
    """A group of cases, and how each version did there."""

    name: str
    segment: Segment


@dataclass(frozen=True)
class SegmentsPage:
    """``other``: the number of the version it was compared with; None: with none."""

    segments: Segments
    other: int | None
    sentences: list[SegmentSentence]
    lines: list[SegmentLine]


def segments_of(version: ModelVersion) -> Segments | None:
    """None for a version without segments: an old one, or one with too few cases."""
    stored = (version.evaluation or {}).get("segments")
    return judge(stored) if stored else None


def segments_page(version: ModelVersion) -> SegmentsPage | None:
    """The groups of a version and sentences on them; None as ``segments_of``."""
    segments = segments_of(version)
    if segments is None:
        return None
    comparison = (version.evaluation or {}).get("comparison")
    other = comparison["model_version"]["version"] if comparison else None
    lines = [SegmentLine(name_of(each), each) for each in segments.segments]
    notable = sorted(
        (line for line in lines if line.segment.verdict),
        key=lambda line: (line.segment.verdict != "worse", line.segment.adjusted),
    )
    sentences = [_sentence(line) for line in notable]
    return SegmentsPage(segments, other, sentences, lines)


def name_of(segment: Segment) -> str:
    """What the cases of a group have in common."""
    places = {"fact": segment.fact, "value": segment.value}
    if segment.kind == "value":
        return _("%(fact)s = %(value)s") % places
    if segment.kind == "absent":
        return _("%(fact)s not given") % places
    low, high = _limit(segment.low), _limit(segment.high)
    places |= {"low": low, "high": high}
    if segment.low is None:
        return _("%(fact)s below %(high)s") % places
    if segment.high is None:
        return _("%(fact)s from %(low)s") % places
    return _("%(fact)s from %(low)s to below %(high)s") % places


def _limit(value: float | None) -> str:
    """With four significant digits, however large or small it is."""
    if value is None:
        return ""
    rounded = float(f"{value:.4g}")
    text = "" if rounded.is_integer() else f"{Decimal(repr(rounded)):f}"
    digits = len(text.partition(".")[2])
    return str(number_format(rounded, digits, force_grouping=True))


def _sentence(line: SegmentLine) -> SegmentSentence:
    """On a group with a verdict, which therefore has a champion's share too."""
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
    return SegmentSentence(text % figures, line.segment.verdict)


def _count(share: Share | None) -> str:
    return str(number_format(share.count, force_grouping=True)) if share else ""
