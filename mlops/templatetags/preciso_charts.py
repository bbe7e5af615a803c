"""Charts drawn on the server as SVG: no script, no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.template import Library
from django.utils.formats import number_format

register = Library()

WIDTH, HEIGHT = 640.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 10.0, 24.0


@dataclass(frozen=True)
class Tick:
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

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


def _readable(value: float) -> str:
    digits = 0 if value == int(value) else 2 if abs(value) < 10 else 1
    return number_format(round(value, digits), digits)


def _x(position: float) -> float:
    return round(LEFT + position * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)


def _frame(low: float, high: float) -> dict[str, object]:
    middle = (low + high) / 2
    values = [low, middle, high]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "base": _y(0.0),
        "label_y": HEIGHT - 6,
        "ticks": [Tick(_y(i / 2), _readable(v)) for i, v in enumerate(values)],
    }


@register.inclusion_tag("_components/chart_line.html")
def line_chart(
    points: Sequence[tuple[float, float]], title: str, x_name: str = ""
) -> dict[str, object]:
    """``points`` as (step, value) in order. One point is drawn as a dot."""
    steps = [step for step, _ in points]
    values = [value for _, value in points]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    width = (steps[-1] - steps[0]) or 1 if steps else 1
    places = [
        (_x((step - steps[0]) / width), _y((value - low) / (high - low)))
        for step, value in points
    ]
    return _frame(low, high) | {
        "title": title,
        "x_name": x_name,
        "first": _readable(steps[0]) if steps else "",
        "last": _readable(steps[-1]) if steps else "",
        "path": " ".join(f"{x},{y}" for x, y in places),
        "end": places[-1] if places else None,
        "now": _readable(values[-1]) if values else "",
    }


@register.inclusion_tag("_components/chart_bars.html")
def bar_chart(
    rows: Sequence[tuple[str, float, float]], title: str, first: str, second: str
) -> dict[str, object]:
    """``rows`` as (label, part, rest): stacked bars, the part below."""
    high = max((part + rest for _, part, rest in rows), default=0) or 1
    high += high % 2  # a middle line that is a whole number
    step = 1 / max(1, len(rows))
    every = max(1, -(-len(rows) // 7))
    bars = []
    for index, (label, part, rest) in enumerate(rows):
        top, total = _y(part / high), _y((part + rest) / high)
        bars.append(
            Bar(
                x=_x(step * (index + 0.16)),
                y=top,
                width=round(step * 0.68 * (WIDTH - LEFT - RIGHT), 1),
                height=round(_y(0.0) - top, 1),
                label=label,
                value=part,
                second_y=total,
                second_height=round(top - total, 1),
                second=rest,
                shows_label=(len(rows) - 1 - index) % every == 0,
            )
        )
    return _frame(0, high) | {
        "title": title,
        "bars": bars,
        "first_name": first,
        "second_name": second,
    }
