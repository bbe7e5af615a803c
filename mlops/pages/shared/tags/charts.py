"""Charts drawn on the server as SVG: no script, no inline style.

Each has a title and a description for those who do not see it, and its figures in a
table behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf
from sys import float_info
from zlib import crc32

from django.template import Library
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from mlops.pages.shared.chart_axis import axis_labels, room_for
from mlops.pages.shared.tags.ui import figure, metric_name

register = Library()

WIDTH, HEIGHT = 640.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 10.0, 24.0
MOST_POINTS, MOST_ROWS = 240, 40  # of a line, of the table behind

Points = Sequence[tuple[float, float]]
Rows = Sequence[tuple[str, float, float]]
NOWHERE = ("", "")


@dataclass(frozen=True)
class AxisTick:
    at: float
    text: str


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    value: float
    second_y: float
    second_height: float
    second: float
    shows_label: bool
    url: str
    second_url: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class ChartLine:
    """One course: its name, the path, and where it has got to."""

    name: str
    path: str
    end: tuple[float, float]


@dataclass(frozen=True)
class Plot:
    """Where a value is drawn: the y axis goes from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def labels(self) -> list[str]:
        return axis_labels(self.low, self.high, 2)

    @property
    def left(self) -> float:
        return room_for(self.labels, LEFT)

    def x(self, position: float) -> float:
        return round(self.left + position * (WIDTH - self.left - RIGHT), 1)

    def y(self, value: float) -> float:
        scale = 0.5 if isinf(self.high - self.low) else 1.0
        low, high = self.low * scale, self.high * scale
        return _y((value * scale - low) / (high - low))

    def frame(self) -> dict[str, object]:
        return {
            "width": WIDTH,
            "height": HEIGHT,
            "left": self.left,
            "right": WIDTH - RIGHT,
            "base": _y(0.0),
            "label_y": HEIGHT - 6,
            "ticks": [AxisTick(_y(i / 2), text) for i, text in enumerate(self.labels)],
        }


def _y(share: float) -> float:
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)


def _plot_of(values: Sequence[float]) -> Plot:
    """From the lowest to the highest; one value alone is in the middle."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        around = abs(low) / 2 or 0.5
        low, high = low - around, min(high + around, float_info.max)
        low = max(low, -float_info.max)
    return Plot(low, high)


def _key(title: str | Promise) -> str:
    """The same for the same chart, so that its table stays open when it is redrawn."""
    return f"{crc32(str(title).encode()):x}"


def _thinned(points: Points, most: int) -> Points:
    """Evenly fewer, the newest always among them."""
    every = max(1, -(-len(points) // most))
    return points[::-every][::-1]


@register.inclusion_tag("_components/chart_line.html")
def line_chart(
    series: Sequence[tuple[str, Points]], title: str | Promise, x_name: str = ""
) -> dict[str, object]:
    """``series``: a metric's name and its (step, value) in order, one line for each."""
    known = [(metric_name(name), points) for name, points in series if points]
    steps = [step for _name, points in known for step, _value in points]
    plot = _plot_of([value for _name, points in known for _step, value in points])
    first, last = min(steps, default=0), max(steps, default=0)
    width = (last - first) or 1
    lines = []
    for name, points in known:
        places = [
            (plot.x((step - first) / width), plot.y(value))
            for step, value in _thinned(points, MOST_POINTS)
        ]
        lines.append(
            ChartLine(name, " ".join(f"{x},{y}" for x, y in places), places[-1])
        )
    first_label, last_label = axis_labels(first, last, 1)
    return plot.frame() | {
        "key": _key(title),
        "title": title,
        "description": " ".join(_course(name, points) for name, points in known),
        "x_name": x_name,
        "first": first_label,
        "last": last_label,
        "lines": lines,
        "rows": _line_rows([points for _name, points in known]),
    }


def _course(name: str, points: Points) -> str:
    values = [value for _step, value in points]
    return _(
        "%(name)s: from %(first)s to %(last)s, at least %(low)s, at most %(high)s."
    ) % {
        "name": name,
        "first": figure(values[0]),
        "last": figure(values[-1]),
        "low": figure(min(values)),
        "high": figure(max(values)),
    }


def _line_rows(courses: Sequence[Points]) -> list[tuple[float, list[float | None]]]:
    """Step by step, what each of the lines was at."""
    at = [dict(points) for points in courses]
    steps = sorted({step for known in at for step in known})
    listed = _thinned([(step, step) for step in steps], MOST_ROWS)
    return [(step, [known.get(step) for known in at]) for step, _same in listed]


@register.inclusion_tag("_components/chart_bars.html")
def bar_chart(
    rows: Rows,
    title: str | Promise,
    first: str | Promise,
    second: str | Promise,
    links: Sequence[tuple[str, str]] = (),
) -> dict[str, object]:
    """``rows`` as (day, part, rest): stacked bars, the part below.

    ``links``: for each row where its two figures lead to.
    """
    high = max((part + rest for _day, part, rest in rows), default=0) or 1
    high += high % 2  # a middle line that is a whole number
    plot = Plot(0, high)
    return plot.frame() | {
        "key": _key(title),
        "title": title,
        "description": _("%(first)s: %(parts)s. %(second)s: %(rests)s.")
        % {
            "first": first,
            "parts": figure(sum(part for _day, part, _rest in rows)),
            "second": second,
            "rests": figure(sum(rest for _day, _part, rest in rows)),
        },
        "bars": _bars(rows, plot, [*links] or [NOWHERE] * len(rows)),
        "first_name": first,
        "second_name": second,
    }


def _bars(rows: Rows, plot: Plot, links: Sequence[tuple[str, str]]) -> list[Bar]:
    step = 1 / max(1, len(rows))
    every = max(1, -(-len(rows) // 7))
    bars = []
    for index, (label, part, rest) in enumerate(rows):
        top, total = plot.y(part), plot.y(part + rest)
        bars.append(
            Bar(
                x=plot.x(step * (index + 0.16)),
                y=top,
                width=round(step * 0.68 * (WIDTH - plot.left - RIGHT), 1),
                height=round(_y(0.0) - top, 1),
                label=label,
                value=part,
                second_y=total,
                second_height=round(top - total, 1),
                second=rest,
                shows_label=(len(rows) - 1 - index) % every == 0,
                url=links[index][0],
                second_url=links[index][1],
            )
        )
    return bars
