"""One bad line of a file costs one line, whatever is in it, on every database.

What is refused is told by the reading alone, which knows no database; the same test
runs on SQLite and on PostgreSQL, so the two refuse the same.
"""

import csv
import io
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preciso import limits
from tests.apis import person
from training.case_files import ImportOptions, RefusedLine, read_rows
from training.errors import InvalidInput
from training.models import Case
from training.services.cases.imports import import_cases

pytestmark = pytest.mark.django_db

EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
GOOD = {"external_id": "GOOD-1", "facts": [{"name": "income", "value": 1}]}
HEAD = "id,income,afam\n"
# What has hurt: half of a surrogate pair, NUL, and letters that look like nothing.
LETTERS = st.characters(codec=None) | st.sampled_from(
    "\ud800\udfff\x00\ufeff\u2028\r\"',;"
)
TEXTS = st.text(LETTERS, max_size=8) | st.sampled_from(["x" * 201, "no", "afam", "7"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**299), 2**63, 1e308, 5e-324, -0.0])
    | st.floats()
    | TEXTS
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)
FACTS = st.lists(
    st.fixed_dictionaries(
        {"name": TEXTS | ANYTHING, "value": SCALARS | ANYTHING},
        optional={"unit": ANYTHING, "period": TEXTS, "source": TEXTS},
    )
    | ANYTHING,
    max_size=3,
)
CASES = st.fixed_dictionaries(
    {"external_id": TEXTS | ANYTHING, "facts": FACTS | ANYTHING},
    optional={
        "title": TEXTS,
        "protected": st.dictionaries(TEXTS, SCALARS, max_size=3) | ANYTHING,
        "evidence": st.lists(
            st.fixed_dictionaries(
                {}, optional={"id": ANYTHING, "page": SCALARS, "snippet": TEXTS}
            )
            | ANYTHING,
            max_size=3,
        ),
        "recommendation": ANYTHING,
        "answer": TEXTS | ANYTHING,
    },
)
LINES = st.one_of(
    CASES.map(lambda case: json.dumps(case).encode()),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=6)
RAW = CELLS.map(str.encode) | st.binary(max_size=12).map(
    lambda cell: cell.replace(b"\n", b"")
)


def read(data, options):
    return list(read_rows(io.BytesIO(data), options))


def load(data, options, **replay):
    return import_cases(io.BytesIO(data), options, by=None, **replay)


def is_blank(line):
    try:
        return not line.decode().strip()
    except UnicodeDecodeError:
        return False


@given(st.lists(LINES, max_size=4))
@EXAMPLES
def test_each_line_of_json_is_taken_or_refused_by_itself(lines):
    good = json.dumps(GOOD).encode()
    data = b"\n".join([*lines, good])
    options = ImportOptions(
        format="jsonl", decision_column="answer", protected_columns=("afam",)
    )

    report = load(data, options, replay_as=person("Reviewer"))

    counted = sum(not is_blank(line) for line in [*lines, good])
    assert report.imported + report.skipped + report.refused_count == counted
    assert len(lines) + 1 not in [refusal.line for refusal in report.refused]
    assert Case.objects.filter(external_id="GOOD-1").exists()


@given(st.lists(LINES, max_size=4))
@EXAMPLES
def test_no_database_refuses_what_was_read_well(lines):
    options = ImportOptions(format="jsonl", decision_column="answer")
    data = b"\n".join(lines) + b"\n{}"
    rows = read(data, options)

    report = load(data, options, replay_as=person("Reviewer"))

    known = [row.line for row in rows if isinstance(row, RefusedLine)]
    added = {
        each.line: each.reason for each in report.refused if each.line not in known
    }
    allowed = ("other content", "cannot be blank", "invisible characters")
    assert all(any(why in reason for why in allowed) for reason in added.values()), (
        added
    )


@given(st.lists(st.lists(RAW, min_size=1, max_size=4), max_size=4))
@EXAMPLES
def test_each_line_of_csv_is_taken_or_refused_by_itself(rows):
    lines = [b",".join(cells) for cells in rows]
    data = HEAD.encode() + b"\n".join([*lines, b"GOOD-1,5,no"])
    options = ImportOptions(protected_columns=("afam",))

    report = load(data, options)

    assert report.imported + report.skipped + report.refused_count <= len(lines) + 1
    assert Case.objects.filter(external_id="GOOD-1").exists()


def test_a_quote_that_does_not_end_costs_its_line():
    text = HEAD + 'A-1,1,no\nA-2,"2,no\nA-3,3,no\nA-4,4,"a\nb"\nA-5,5,no\n'

    report = load(text.encode(), ImportOptions())

    assert (report.imported, report.refused_count) == (4, 1)
    assert report.refused[0].line == 3
    assert "quote that does not end" in report.refused[0].reason
    kept = Case.objects.get(external_id="A-4").facts
    assert {fact["name"]: fact["value"] for fact in kept}["afam"] == "a\nb"


def test_a_line_that_is_no_text_inside_a_quote_is_not_left_out():
    data = HEAD.encode() + b'A-1,"1\n\xff\n2",no\nA-2,2,no\n'

    report = load(data, ImportOptions())

    assert list(Case.objects.values_list("external_id", flat=True)) == ["A-2"]
    assert [refusal.line for refusal in report.refused] == [2, 3, 4]


@pytest.mark.parametrize("first", [b"\xff", b"9" * (limits.LINE + 5)])
def test_a_first_line_that_cannot_be_read_is_not_passed_over(first):
    with pytest.raises(InvalidInput, match="first line cannot be read"):
        load(first + b"\nid,income\nA-1,1\n", ImportOptions())


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("title", "\ud800", "title contains half of a surrogate pair"),
        ("title", "x" * 301, "title is longer than 300 characters"),
        ("protected", ["afam"], "protected must be an object"),
        ("protected", "afam", "protected must be an object"),
        ("protected", {"a\x00": 1}, "protected contains a NUL character"),
        ("protected", {"\udfff": 1}, "protected contains half of a surrogate pair"),
        ("protected", {"a": "x" * 201}, "a is longer than 200 characters"),
        ("protected", {str(n): n for n in range(51)}, "more than 50 attributes"),
        ("evidence", [{"page": "\x00"}], r"evidence\[1\].page contains a NUL"),
        ("evidence", [{"page": True}], r"evidence\[1\].page must be a number"),
        ("evidence", [{"page": 10**23}], r"evidence\[1\].page is not a number from"),
        ("facts", [{"name": ["x"], "value": 1}], "name must be a text"),
        ("facts", [{"name": "x", "value": 10**301}], r"from -1e\+300 to 1e\+300"),
        ("facts", [{"name": "x", "value": {"deep": [1]}}], "must be a number, a text"),
        ("answer", "x" * 201, "answer is longer than 200 characters"),
        ("answer", "no\x00", "answer contains a NUL character"),
        ("answer", "no\ud800", "answer contains half of a surrogate pair"),
        ("answer", 1, "answer is not a text"),
    ],
)
def test_a_bad_line_is_refused_with_what_is_wrong(field, value, reason):
    bad = {**GOOD, "external_id": "BAD-1", field: value}
    data = json.dumps(bad) + "\n" + json.dumps(GOOD)
    options = ImportOptions(
        format="jsonl", decision_column="answer", protected_columns=("afam",)
    )

    report = load(data.encode(), options, replay_as=person("Reviewer"))

    assert (report.imported, report.refused_count) == (1, 1)
    assert report.refused[0].line == 1
    assert re.search(reason, report.refused[0].reason), report.refused[0].reason


def test_a_file_of_bad_lines_is_told_in_part_and_counted_whole():
    data = b"{}\n" * (limits.REFUSALS + 5)

    report = load(data, ImportOptions(format="jsonl"))

    assert report.refused_count == limits.REFUSALS + 5
    assert len(report.refused) == limits.REFUSALS


def test_cells_as_a_spreadsheet_writes_them_are_kept():
    file = io.StringIO()
    csv.writer(file).writerows([["id", "note"], ["A-1", 'two\nlines, "quoted"']])

    report = load(file.getvalue().encode(), ImportOptions())

    assert report.imported == 1
    assert Case.objects.get().facts[0]["value"].splitlines()[0] == "two"
