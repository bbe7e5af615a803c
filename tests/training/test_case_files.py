"""Files of cases: what is read, and what is refused line by line."""

import io

import pytest

from preciso import limits
from tests.apis import person
from training.case_files import ImportOptions, csv_value
from training.choices import CaseStatus, ReviewSource
from training.errors import InvalidInput
from training.models import Case, Review, Sample
from training.services.cases.imports import import_cases

pytestmark = pytest.mark.django_db
HEAD = "id,income,purpose\n"


def load(text, replay_as=None, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return import_cases(
        io.BytesIO(data), ImportOptions(**options), by=None, replay_as=replay_as
    )


def refusals(report):
    return {refusal.line: refusal.reason for refusal in report.refused}


def test_a_row_becomes_a_case_and_its_other_columns_facts():
    report = load(HEAD + "A-1, 3200 ,car\nA-2,,house\n")
    assert (report.imported, report.skipped, report.refused) == (2, 0, [])
    first, second = Case.objects.order_by("pk")
    assert {f["name"]: f["value"] for f in first.facts} == {
        "income": 3200,
        "purpose": "car",
    }
    assert [fact["name"] for fact in second.facts] == ["purpose"]


def test_importing_twice_changes_nothing():
    load(HEAD + "A-1,1,car\n")
    again = load(HEAD + "A-1,1,car\n")
    assert (again.imported, again.skipped, Case.objects.count()) == (0, 1, 1)


def test_bad_lines_are_refused_one_by_one_and_the_good_ones_kept():
    load(HEAD + "A-1,1,car\n")
    text = HEAD + "A-1,2,car\nA-2,5\n,5,car\nA-3,,\nA-4,1,boat\n"
    report = load(text)
    assert report.imported == 1
    assert Case.objects.filter(external_id="A-4").exists()
    found = refusals(report)
    assert list(found) == [2, 3, 4, 5]
    assert "already known with other content" in found[2]
    assert "2 values where the header has 3" in found[3]
    assert "external_id is required" in found[4]
    assert "at least one fact" in found[5]


def test_a_line_that_is_no_utf_8_is_refused_by_its_number():
    report = load(HEAD.encode() + b"A-1,1,caf\xe9\nA-2,1,car\n")
    assert report.imported == 1
    assert "not UTF-8" in refusals(report)[2]


def test_a_monstrous_line_is_refused_without_being_held():
    huge = b"A-1," + b"9" * (3 * limits.LINE) + b",car\n"
    report = load(HEAD.encode() + huge + b"A-2,1,car\n")
    assert report.imported == 1
    assert "longer than 1 MB" in refusals(report)[2]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe\x00i\x00d", "not UTF-8"),
        (b"a,b\n1,2\n", "Which column names the case"),
        (b"id,id\n1,2\n", "is there twice"),
    ],
)
def test_a_file_that_cannot_be_meant_is_one_sentence(data, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        load(data)
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "option", ["decision_column", "id_column", "ignore_columns", "protected_columns"]
)
def test_a_column_the_file_does_not_have_is_refused_at_once(option):
    value = ("nope",) if option.endswith("s") else "nope"
    with pytest.raises(InvalidInput, match=r"no column nope.*id, income, purpose"):
        load(HEAD + "A-1,1,car\n", **{option: value})
    assert not Case.objects.exists()


def test_decisions_are_replayed_as_a_persons_approving_reviews():
    alice = person("Reviewer", "alice")
    text = "id,income,deny\nA-1,1,no\nA-2,2,보류\nA-3,3,\n"
    report = load(text, decision_column="deny", replay_as=alice)
    assert report.imported == 3
    assert list(Sample.objects.values_list("decision", flat=True)) == ["no", "보류"]
    review = Review.objects.first()
    assert (review.by, review.source, review.confidence) == (
        alice,
        ReviewSource.REPLAY,
        None,
    )
    assert Case.objects.get(external_id="A-3").status == CaseStatus.AWAITING_REVIEW
    assert load(text, decision_column="deny", replay_as=alice).skipped == 3
    assert "deny" not in Sample.objects.first().input


def test_decisions_of_known_waiting_cases_are_replayed():
    alice = person("Reviewer", "alice")
    load("id,income,deny\nA-1,1,no\n", ignore_columns=("deny",))
    report = load("id,income,deny\nA-1,1,no\n", decision_column="deny", replay_as=alice)
    assert report.imported == 1
    assert Case.objects.get().decision == "no"


def test_ignored_columns_are_dropped_and_protected_ones_kept_apart():
    load(
        "id,income,note,afam\nA-1,1,x,yes\n",
        ignore_columns=("note",),
        protected_columns=("afam",),
    )
    case = Case.objects.get()
    assert [fact["name"] for fact in case.facts] == ["income"]
    assert case.protected == {"afam": "yes"}


def test_json_lines_are_cases_as_the_api_takes_them():
    alice = person("Reviewer", "alice")
    text = (
        '{"external_id":"J-1","facts":[{"name":"a","value":1},'
        '{"name":"sex","value":"f"}],"verdict":"ok"}\n'
        "\n"
        "{broken\n"
        "[1]\n"
        '{"external_id":"J-2","facts":[{"name":"a","value":NaN}]}\n'
    )
    report = load(
        text,
        format="jsonl",
        decision_column="verdict",
        protected_columns=("sex",),
        replay_as=alice,
    )
    assert report.imported == 1
    assert list(refusals(report)) == [3, 4, 5]
    case = Case.objects.get()
    assert (case.decision, case.protected) == ("ok", {"sex": "f"})


def test_a_spreadsheets_semicolons_and_mark_are_understood():
    report = load("\ufeffid;income\nA-1;5\n")
    assert report.imported == 1
    assert Case.objects.get().external_id == "A-1"


def test_a_quoted_cell_may_hold_a_line_break():
    report = load('id,note\nA-1,"one\ntwo"\nA-2,"open\n')
    assert Case.objects.filter(external_id="A-1").exists()
    assert report.imported >= 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.35", 0.35),
        ("7", 7),
        (" -3 ", -3),
        ("1e3", 1000.0),
        ("007", 7),
        ("nan", "nan"),
        ("inf", "inf"),
        ("12 %", "12 %"),
        ("보류", "보류"),
    ],
)
def test_a_cell_is_a_number_if_float_reads_it(text, value):
    assert csv_value(text) == value
    assert type(csv_value(text)) is type(value)
