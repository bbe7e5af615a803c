"""Agreement over time, drawn on the server as SVG: no script, no inline style."""

from dataclasses import dataclass

from django.template import Library

from mlops.evaluation.proportions import Share
from mlops.pages.shared.chart_axis import percent_labels, whole_percent
from mlops.pages.shared.production import AgreementPoint, Curve

register = Library()

WIDTH, HEIGHT = 640.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 28.0, 26.0
NAME_WIDTH = 44.0  # of a version's name; one that would cover another is left out


@dataclass(frozen=True)
class Dot:
    """One day or week, with its interval from top to bottom."""

    x: float
    y: float
    top: float
    bottom: float
    label: str
    is_thin: bool


@dataclass(frozen=True)
class Mark:
    """A switch; without a name where there is no room for it."""

    x: float
    label: str
    name: str


@dataclass(frozen=True)
class AgreementTick:
    y: float
    text: str


@register.inclusion_tag("_components/chart_agreement.html")
def agreement_chart(curve: Curve, title: str, description: str) -> dict[str, object]:
    """The share of agreement by day or week.

    The scale is always from 0 to 100 %, so that a small change looks small. Points of
    few decisions are hollow, and the line leaves them out.
    """
    dots = [_dot(point, point.share) for point in curve.points if point.share]
    solid = [dot for dot in dots if not dot.is_thin]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "base": HEIGHT - BOTTOM,
        "label_y": HEIGHT - 6,
        "name_y": TOP - 10,
        "ticks": [
            AgreementTick(_y(i / 2), text)
            for i, text in enumerate(percent_labels(0, 1, 2))
        ],
        "path": " ".join(f"{dot.x},{dot.y}" for dot in solid),
        "dots": dots,
        "marks": _marks(curve),
        "first": curve.first,
        "last": curve.last,
        "title": title,
        "description": description,
    }


def _dot(point: AgreementPoint, share: Share) -> Dot:
    """Where the share of a day or week is drawn."""
    return Dot(
        _x(point.at),
        _y(share.value),
        _y(share.high),
        _y(share.low),
        f"{point.label}: {whole_percent(share.value)} ({share.count} / {share.of})",
        point.is_thin,
    )


def _marks(curve: Curve) -> list[Mark]:
    """The switches; of names that would cover each other, the first."""
    marks: list[Mark] = []
    free = 0.0
    for switch in curve.switches:
        x = _x(switch.at)
        name = switch.label if x >= free else ""
        free = x + NAME_WIDTH if name else free
        marks.append(Mark(x, switch.label, name))
    return marks


def _x(position: float) -> float:
    return round(LEFT + position * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)
