"""Figures, times and charts in people's words."""

import re
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone
from django.utils.translation import override

from mlops.pages.shared.audit_labels import ACTIONS, AREAS, detail_words
from mlops.pages.shared.tags.ui import exact, figure, metric_name, percent, span, when
from tests.mlops.people import in_one_line


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\N{EN DASH}"),
        (True, "yes"),
        (1234567, "1,234,567"),
        (0.921875, "0.9219"),
        (0.5, "0.5"),
        (3200.0, "3,200"),
        (54321.9, "54,322"),
        (0.00045, "0.00045"),
        (-0.0000012, "-0.0000012"),
        (1.24e-9, "1.2\N{MULTIPLICATION SIGN}10⁻⁹"),
        (3e-9, "3\N{MULTIPLICATION SIGN}10⁻⁹"),
        (-5e300, "-5\N{MULTIPLICATION SIGN}10³⁰⁰"),
        ("보류", "보류"),
        ([1, "a"], "1, a"),
        ({"a": 1}, "a: 1"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value, shown):
    assert figure(value) == shown


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        (1234567.89, "1,234,567.89"),
        (0.786885, "0.786885"),
        (1e-07, "0.0000001"),
        (-0.1, "-0.1"),
        (1234567, "1,234,567"),
        (True, "yes"),
        ("007", "007"),
        ([54321.9, {"a": 0.123456}], "54,321.9, a: 0.123456"),
    ],
)
def test_a_fact_is_shown_with_every_digit(fact, shown):
    assert exact(fact) == shown


def test_a_fact_is_shown_with_the_decimal_sign_of_the_reader():
    with override("de"):
        assert exact(1234567.89) == "1.234.567,89"


def test_a_share_nobody_knows_is_a_dash_not_zero():
    assert percent(None) == "\N{EN DASH}"
    assert percent(0.0) == "0 %"
    assert percent(0.8734, 1) == "87.3 %"


def test_a_moment_is_relative_with_the_exact_time_on_hover():
    recent, old = timezone.now(), timezone.now() - timedelta(days=40)

    assert "data-relative" in when(recent)
    assert f'title="{timezone.localtime(recent):%Y-%m-%d %H:%M:%S}' in when(recent)
    assert "data-relative" not in when(old)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (4, "4 s"),
        (65, "1 min 5 s"),
        (3720, "1 h 2 min"),
        (90000, "1 d 1 h"),
        (-3, "0 s"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds, shown):
    start = timezone.now()

    assert span(start, start + timedelta(seconds=seconds)) == shown


def test_a_trainers_metric_is_told_in_words():
    assert metric_name("eval_accuracy") == "Right answers, held-out cases"
    assert metric_name("loss") == "Loss"


def test_every_kind_of_event_belongs_to_an_area_one_can_filter_by():
    assert {action.partition(".")[0] for action in ACTIONS} <= AREAS.keys()


def test_particulars_are_words_without_ids_of_rows():
    detail = {"decision": "deny", "review": 7, "gate": "candidate", "sha256": "a" * 64}

    assert dict(detail_words(detail)) == {
        "decision": "deny",
        "check": "Candidate for training",
        "fingerprint": "a" * 12,
    }


def test_a_changed_policy_is_told_field_by_field():
    shown = detail_words(
        {"before": {"auto_enabled": None}, "after": {"auto_enabled": True}}
    )

    assert [(str(name), value) for name, value in shown] == [
        ("Auto is switched on", "not set \N{RIGHTWARDS ARROW} yes")
    ]


def drawn(tag, **context):
    template = Template("{% load preciso_charts %}" + f"{{% {tag} %}}")
    return template.render(Context(context))


@pytest.mark.parametrize("points", [[], [(1, 0.5)], [(1, 0.5), (2, 0.5)]])
def test_a_curve_of_few_or_equal_points_is_still_drawn(points):
    assert "<svg" in drawn('line_chart series "Loss"', series=[("loss", points)])


def test_a_curve_falls_where_its_values_fall():
    series = [("loss", [(0, 1.0), (1, 0.0)])]
    shown = drawn('line_chart series "Loss"', series=series)

    path = shown.split('points="')[1].split('"')[0]
    (left, top), (right, bottom) = [map(float, p.split(",")) for p in path.split()]
    assert left < right
    assert top < bottom  # the y axis of SVG points down


def test_a_chart_is_told_to_those_who_do_not_see_it():
    steps = [(step, 1 / step) for step in range(1, 101)]
    held_out = [(step, 1 / step) for step in range(50, 101, 50)]
    series = [("loss", steps), ("eval_loss", held_out)]

    shown = drawn('line_chart series "Loss" "step"', series=series)

    assert 'role="img"' in shown
    assert "<title>Loss</title>" in shown
    assert "Loss: from 1 to 0.01, at least 0.01, at most 1." in shown
    assert "Loss, held-out cases" in shown
    rows = re.findall(r'<th scope="row" class="n">([^<]*)</th>', shown)
    assert rows[-1] == "100"
    assert len(rows) <= 40


def test_bars_have_their_figures_in_a_table_in_the_readers_way():
    with override("de"):
        shown = drawn('bar_chart rows "Days" "a" "b"', rows=[("1 Jan", 1234, 0)])

    assert '<td class="n">1.234</td>' in in_one_line(shown)
    assert "<desc>a: 1.234. b: 0.</desc>" in shown


def test_bars_of_days_without_anything_are_drawn_empty():
    shown = drawn('bar_chart rows "Days" "a" "b"', rows=[("1 Jan", 0, 0)])

    assert "<svg" in shown
    assert "<rect" not in shown


@pytest.mark.parametrize(
    ("share", "said"), [(0.2299, "23 %"), (0.29, "29 %"), (0.285, "28 %"), (1, "100 %")]
)
def test_a_share_is_rounded_and_not_cut_off(share, said):
    assert percent(share) == said


def form(words, **context):
    source = (
        "{% load preciso_forms %}{% postform " + words + " %}in it{% endpostform %}"
    )
    return Template(source).render(Context({"csrf_token": "secret", **context}))


def test_a_form_that_acts_has_its_address_from_one_place():
    html = form('"mlops:case-undo" 7 query=query', query="?status=all&page=2")

    address = "/mlops/approvals/7/undo/?status=all&amp;page=2"
    assert f'method="post" action="{address}" hx-post="{address}"' in html
    assert 'hx-target="#page" hx-disabled-elt="find button"' in html
    assert 'name="csrfmiddlewaretoken" value="secret"' in html
    assert html.endswith(">in it</form>")
    assert "hx-" not in form('"mlops:case-undo" 7 htmx=False')
    assert 'action="/there/"' in form('address="/there/"')


def test_a_form_asks_before_it_acts_if_there_is_a_question():
    words = 'address="/there/" question=question detail=detail yes="Do"'

    asks = form(words, question="Really?", detail="It <stays>.")
    assert 'hx-confirm="Really?" data-detail="It &lt;stays&gt;." data-yes="Do"' in asks
    assert "data-" not in form(words, detail="It stays.")
    assert "hx-confirm" not in form(words)


def test_other_words_of_a_form_are_its_attributes():
    html = form('address="/there/" target="#part" swap="" aria_label="A" class="row"')
    assert 'hx-target="#part"' in html
    assert 'aria-label="A" class="row"' in html
    assert "swap" not in html
