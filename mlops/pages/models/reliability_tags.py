"""The reliability diagram, drawn on the server as SVG: no script, no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template import Library

from mlops.pages.shared.chart_axis import percent_labels, whole_percent

register = Library()

SIZE_X, SIZE_Y = 640.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 72.0, 12.0, 10.0, 26.0


@dataclass(frozen=True)
class ReliabilityPoint:
    """A bin: where it is drawn, and its interval from top to bottom."""

    x: float
    y: float
    top: float
    bottom: float
    label: str


@dataclass(frozen=True)
class ReliabilityTick:
    x: float
    y: float
    text: str


@register.inclusion_tag("_components/chart_reliability.html")
def reliability_chart(
    bins: Sequence[dict[str, Any]], title: str, description: str
) -> dict[str, object]:
    """``bins`` are those stored with a version (``evaluation.calibration``).

    Both axes go from a whole tenth, the lowest that is needed, to 1, so that the
    diagonal is perfect calibration.
    """
    lowest = min(
        (min(each["confidence"], each["share"]["low"]) for each in bins), default=0.0
    )
    low = min(int(lowest * 10), 9) / 10
    return {
        "width": SIZE_X,
        "height": SIZE_Y,
        "left": LEFT,
        "right": SIZE_X - RIGHT,
        "top": TOP,
        "base": SIZE_Y - BOTTOM,
        "label_y": SIZE_Y - 6,
        "ticks": _ticks(low),
        "points": [_point(each, low) for each in bins],
        "title": title,
        "description": description,
    }


def _ticks(low: float) -> list[ReliabilityTick]:
    places = [low + (1 - low) * i / 4 for i in range(5)]
    texts = percent_labels(low, 1, 4)
    return [
        ReliabilityTick(_x(at, low), _y(at, low), text)
        for at, text in zip(places, texts, strict=True)
    ]


def _point(each: dict[str, Any], low: float) -> ReliabilityPoint:
    confidence, share = each["confidence"], each["share"]
    return ReliabilityPoint(
        _x(confidence, low),
        _y(share["value"], low),
        _y(share["high"], low),
        _y(share["low"], low),
        f"{whole_percent(confidence)} → {whole_percent(share['value'])}",
    )


def _x(share: float, low: float) -> float:
    return round(LEFT + (share - low) / (1 - low) * (SIZE_X - LEFT - RIGHT), 1)


def _y(share: float, low: float) -> float:
    return round(
        SIZE_Y - BOTTOM - (share - low) / (1 - low) * (SIZE_Y - TOP - BOTTOM), 1
    )
