"""What stands beside an axis is where it says it is, in every chart and language."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from django.template import Context, Template
from django.utils.translation import override
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlops.pages.shared.chart_axis import axis_labels, percent_labels
from tests.mlops.people import in_one_line

LANGUAGES = st.sampled_from(["en", "ko"])
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NEAR = st.builds(
    lambda base, more: [base, base + more], FLOATS, st.floats(1e-12, 1e-3)
).filter(lambda two: two[0] < two[1] < float("inf"))
ENDS = NEAR | st.lists(FLOATS, min_size=2, max_size=2, unique=True).map(sorted)
TIMES = "\N{MULTIPLICATION SIGN}"
SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(label):
    """The number that a person reads in a label."""
    plain = label.replace(",", "").removesuffix("%").rstrip()
    number = plain.partition(f"{TIMES}10")[0]
    return Fraction(number) * Fraction(10) ** power_of(label)


def power_of(label):
    return int(label.partition(f"{TIMES}10")[2].translate(SUPERSCRIPT) or 0)


def digits(label):
    number = label.removesuffix("%").rstrip().partition(f"{TIMES}10")[0]
    return len(number.partition(".")[2])


def exact_ticks(low, high, parts):
    first, last = Fraction(str(low)), Fraction(str(high))
    return [first + (last - first) * i / parts for i in range(parts + 1)]


def are_near(ticks, shown):
    gap = ticks[1] - ticks[0]
    pairs = zip(ticks, shown, strict=True)
    return all(abs(tick - number) <= gap / 10 for tick, number in pairs)


@settings(deadline=None)
@given(ENDS, st.integers(2, 5), LANGUAGES)
@example([0.388, 0.397], 2, "en")
@example([-0.004, 0.3], 2, "ko")
@example([5e-324, 1e-323], 2, "en")
@example([-1.7e308, 1.7e308], 4, "ko")
@example([1e9, 1e9 + 1], 2, "en")
def test_labels_say_where_their_ticks_are_with_the_fewest_digits(ends, parts, language):
    with override(language):
        labels = axis_labels(*ends, parts)

    ticks = exact_ticks(*ends, parts)
    shown = [read(label) for label in labels]
    assert all(one < other for one, other in pairwise(shown))
    assert are_near(ticks, shown)
    # With one digit fewer, one of them would not say it.
    most = max(map(digits, labels))
    if most:
        power = max(map(power_of, labels))
        unit = Fraction(10) ** (power - most + 1)
        assert not are_near(ticks, [round(tick / unit) * unit for tick in ticks])


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True).map(sorted),
    LANGUAGES,
)
@example([0.9, 1.0], "en")
@example([0.5, 0.5000001], "ko")
def test_labels_in_percent_say_where_their_ticks_are(ends, language):
    with override(language):
        labels = percent_labels(*ends, 4)

    ticks = [100 * tick for tick in exact_ticks(*ends, 4)]
    assert are_near(ticks, [read(label) for label in labels])
    assert len(set(labels)) == len(labels)
    assert {label[-2:] == " %" for label in labels} == {language == "en"}


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.388, 0.397, ["0.3880", "0.3925", "0.3970"]),
        (0.39, 0.69, ["0.39", "0.54", "0.69"]),
        (0, 2, ["0", "1", "2"]),
        (0, 1, ["0.0", "0.5", "1.0"]),
        (-0.001, 0.999, ["0.0", "0.5", "1.0"]),
        (-2, -1, ["-2.0", "-1.5", "-1.0"]),
        (1_000_000, 2_000_000, ["1,000,000", "1,500,000", "2,000,000"]),
        (0, 4e12, ["0", f"2{TIMES}10¹²", f"4{TIMES}10¹²"]),
        (0, 1e-9, ["0", f"0.5{TIMES}10⁻⁹", f"1.0{TIMES}10⁻⁹"]),
    ],
)
def test_an_axis_reads_as_people_write_numbers(low, high, labels):
    assert axis_labels(low, high, 2) == labels


def drawn(library, tag, language="en", **context):
    template = Template("{% load " + library + " %}" + f"{{% {tag} %}}")
    with override(language):
        return in_one_line(template.render(Context(context)))


def axis_of(shown):
    """Where each label beside the grid stands, and the label."""
    found = re.findall(
        r'<text x="[^"]*" y="([\d.]+)" text-anchor="end">([^<]*)</text>', shown
    )
    return [(float(y), label) for y, label in found]


@settings(deadline=None)
@given(st.lists(FLOATS, min_size=1, max_size=6), LANGUAGES)
@example([0.39, 0.39, 0.39], "en")
@example([0.0], "ko")
@example([0.3881, 0.3902, 0.3899], "en")
@example([-1.7e308, 1.7e308], "en")
@example([1.7976931348623157e308], "en")
@example([5e-324], "ko")
def test_a_curve_is_drawn_where_its_axis_says(values, language):
    points = list(enumerate(values))

    shown = drawn("preciso_charts", 'line_chart s "L"', language, s=[("loss", points)])

    ticks = axis_of(shown)[:3]
    assert len({label for _y, label in ticks}) == 3
    (base, low), _middle, (top, high) = ticks
    base, top = base - 4, top - 4  # letters stand lower than their line
    low, high = read(low), read(high)
    path = shown.split('points="')[1].split('"')[0]
    for place, value in zip(path.split(), values, strict=True):
        y = float(place.split(",")[1])
        at = low + (high - low) * Fraction(base - y) / Fraction(base - top)
        assert abs(at - Fraction(str(value))) <= (high - low) / 8


def test_long_labels_stand_inside_the_chart():
    series = [("loss", [(0, 123456.7801), (1, 123456.7802)])]

    shown = drawn("preciso_charts", 'line_chart s "L"', s=series)

    label, left = re.search(r'<text x="(\d+)"[^>]*>([\d.,]+)<', shown).group(2, 1)
    assert len(label) > 10
    assert int(left) >= 9 * len(label)


def test_bars_of_one_and_of_millions_have_labels_of_their_own():
    for most in (0, 1, 3, 7_654_321):
        shown = drawn(
            "preciso_charts", 'bar_chart rows "D" "a" "b"', rows=[("1 Jan", most, 0)]
        )
        numbers = [read(label) for _y, label in axis_of(shown)[:3]]
        assert numbers[0] == 0
        assert numbers[0] < numbers[1] < numbers[2]
        assert numbers[2] >= most


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("lowest", [0.0, 0.31, 0.93, 1.0])
def test_the_axes_of_stated_confidence_name_five_places(lowest, language):
    share = {"value": 1.0, "low": lowest, "high": 1.0}
    bins = [{"confidence": 1.0, "share": share}]

    shown = drawn(
        "preciso_reliability", 'reliability_chart b "t" "d"', language, b=bins
    )

    labels = re.findall(r"<text [^>]*>([^<]*)</text>", shown)
    assert len(labels) == 10  # each stands beside both axes
    assert len(set(labels)) == 5
    if lowest == 0.93:
        assert read(labels[2]) == Fraction("92.5")
