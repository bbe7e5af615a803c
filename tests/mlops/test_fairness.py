"""Groups of protected attributes: rates, the four-fifths ratio, and what stays out."""

import json

import pytest

from mlops.evaluation.fairness import count_groups, judge
from mlops.evaluation.held_out import evaluate_directory
from mlops.evaluation.proportions import ratio, share
from mlops.models import ModelVersion
from tests.apis import a_case, a_model_version, a_sealed_version, api, person
from tests.mlops.people import browser, text
from tests.trainers.samples import loans, write
from training.models import Sample
from training.services.cases.approvals import ReviewInput, approve_case

LABELS = ["approve", "deny"]
# rows: what reviewers decided, columns: what the model answered
YES = {"value": "yes", "counts": [[60, 15], [11, 14]]}  # 100 cases, 71 approved
NO = {"value": "no", "counts": [[80, 4], [10, 6]]}  # 100 cases, 90 approved
FEW = {"value": "unknown", "counts": [[5, 10], [2, 12]]}  # 29 cases


def kept(*groups, labels=LABELS, values=None):
    cases = sum(sum(map(sum, group["counts"])) for group in groups)
    attribute = {"name": "afam", "cases": cases, "groups": list(groups)}
    named = [{**attribute, "values": values or len(groups)}]
    return {"cases": cases, "labels": labels, "attributes": named}


def groups_of(found):
    return {group.value: group for group in judge(found).attributes[0].groups}


def test_rates_are_those_counted_by_hand():
    yes = groups_of(kept(NO, YES))["yes"]

    assert (yes.selection.count, yes.selection.of) == (71, 100)
    assert (yes.reviewed.count, yes.reviewed.of) == (75, 100)
    assert (yes.false_negative.count, yes.false_negative.of) == (15, 75)
    assert (yes.false_positive.count, yes.false_positive.of) == (11, 25)


def test_the_ratio_is_to_the_group_selected_most_often():
    """Wilson: 71 of 100 is 0.61461 to 0.78985, 90 of 100 is 0.82563 to 0.94477. So
    exp(hypot(ln(.71/.61461), ln(.94477/.9))) below 0.78889, and the like above."""
    attribute = judge(kept(NO, YES)).attributes[0]
    found = {group.value: group.ratio for group in attribute.groups}

    assert attribute.reference == "no"
    assert found["no"] is None
    assert found["yes"].value == pytest.approx(71 / 90)
    assert found["yes"].low == pytest.approx(0.6775, abs=1e-4)
    assert found["yes"].high == pytest.approx(0.9048, abs=1e-4)


def test_nobody_and_everybody_have_an_interval_too():
    nobody, everybody = share(0, 40), share(40, 40)

    assert nobody.low == 0.0
    assert nobody.high == pytest.approx(0.0876, abs=1e-4)
    assert everybody.low == pytest.approx(1 - nobody.high)
    assert everybody.high == 1.0
    assert ratio(nobody, everybody).high == pytest.approx(nobody.high)
    assert ratio(everybody, everybody).low < 1 < ratio(everybody, everybody).high
    assert ratio(everybody, nobody) is None
    assert share(0, 0) is None


def test_a_group_below_thirty_is_neither_judged_nor_judged_by():
    all_approved = {"value": "few", "counts": [[29, 0], [0, 0]]}

    attribute = judge(kept(NO, YES, FEW, all_approved)).attributes[0]

    found = {group.value: group for group in attribute.groups}
    assert attribute.reference == "no"
    assert found["unknown"].is_small
    assert found["unknown"].ratio is None
    assert found["unknown"].selection.count == 7


def test_which_decision_is_favourable_is_for_the_settings_to_say(settings):
    settings.FAVOURABLE_DECISIONS = ["NO"]
    denials = kept(NO, YES, labels=["no", "yes"])

    assert judge(denials).favourable == ["no"]
    assert judge(kept(NO, YES)).favourable == []


def test_where_none_is_favourable_each_answer_has_its_rate_and_no_ratio(settings):
    settings.FAVOURABLE_DECISIONS = ["welcome"]

    yes = groups_of(kept(NO, YES))["yes"]

    assert {label: found.count for label, found in yes.decisions.items()} == {
        "approve": 71,
        "deny": 29,
    }
    assert (yes.selection, yes.reviewed, yes.ratio) == (None, None, None)
    assert (yes.false_negative, yes.false_positive) == (None, None)


def a_sample(number, decision, **protected):
    rita = person("Reviewer")
    facts = [{"name": "income", "value": number}]
    case = a_case(external_id=f"F-{number}", facts=facts, protected=protected)
    approve_case(case, ReviewInput(decision=decision, confidence=1.0), by=rita)
    return case.samples.get()


def row_of(sample):
    return {"id": str(sample.pk), "facts": sample.facts, "decision": sample.decision}


@pytest.mark.django_db
def test_answers_meet_attributes_by_the_sample():
    samples = [
        a_sample(1, "approve", afam="yes", age=30),
        a_sample(2, "approve", afam="no", age=None),
        a_sample(3, "deny", afam="no"),
        a_sample(4, "deny"),
    ]
    answers = [{"approve": each, "deny": 1 - each} for each in (0.9, 0.2, 0.8, 0.1)]

    found = count_groups([row_of(each) for each in samples], answers)

    afam, age = sorted(found["attributes"], key=lambda each: -each["cases"])
    assert (found["cases"], found["labels"]) == (4, LABELS)
    assert (afam["name"], afam["cases"], age["name"], age["cases"]) == (
        *("afam", 3),
        *("age", 1),
    )
    assert {each["value"]: each["counts"] for each in afam["groups"]} == {
        "yes": [[1, 0], [0, 0]],
        "no": [[0, 1], [1, 0]],
    }


@pytest.mark.django_db
def test_an_attribute_with_many_values_is_not_shown_as_groups():
    samples = [a_sample(n, "approve", age=20 + n) for n in range(13)]

    found = count_groups([row_of(each) for each in samples], [{"approve": 1.0}] * 13)

    assert found["attributes"] == [
        {"name": "age", "cases": 13, "values": 13, "groups": []}
    ]


@pytest.mark.django_db
def test_a_training_keeps_the_counts_and_no_file_of_it_the_attribute(
    two_model_directories, tmp_path
):
    samples = [
        a_sample(n, row["decision"], afam=("yes", "no")[n % 2])
        for n, row in enumerate(loans(12, seed=5))
    ]
    rows = write(tmp_path / "rows.jsonl", [row_of(each) for each in samples])

    found = evaluate_directory(two_model_directories[0], rows, rows)

    groups = found["fairness"]["attributes"][0]["groups"]
    assert [(each["value"], sum(map(sum, each["counts"]))) for each in groups] == [
        ("no", 6),
        ("yes", 6),
    ]
    assert found["calibration"]["cases"] == 12
    assert "afam" not in json.dumps(list(Sample.objects.values("facts", "input")))


@pytest.fixture
def version(db, two_model_directories):
    dataset = a_sealed_version(person("Reviewer", "rita"))
    return a_model_version(dataset, two_model_directories[0])


def said_of(version, fairness):
    ModelVersion.objects.filter(pk=version.pk).update(evaluation={"fairness": fairness})
    page = text(browser("Viewer").get(f"/mlops/models/{version.pk}/"))
    return " ".join(page.split())


def test_the_page_says_it_in_words(version):
    page = said_of(version, kept(NO, YES, FEW))

    assert (
        "Of 100 cases with afam = yes the model answers 71 favourably, of 100 with "
        "afam = no 90. The ratio is 0.79 (0.68 to 0.90): below four fifths, though "
        "with so few cases not surely." in page
    )
    assert "Only 29 cases with afam = unknown: too few to say anything" in page
    assert "favourable is: approve" in page


def test_a_sure_shortfall_and_a_sure_evenness_are_called_so(version):
    half = {"value": "yes", "counts": [[400, 100], [0, 500]]}
    even = {"value": "yes", "counts": [[900, 0], [0, 100]]}
    most = {"value": "no", "counts": [[900, 0], [0, 100]]}

    assert "below four fifths, and surely so." in said_of(version, kept(most, half))
    assert "surely not below four fifths." in said_of(version, kept(most, even))


def test_the_page_shows_each_answer_where_none_is_known_to_be_favourable(
    version, settings
):
    settings.FAVOURABLE_DECISIONS = ["welcome"]

    page = said_of(version, kept(NO, YES))

    assert "Which one is favourable is not set" in page
    assert "four fifths" not in page


def test_the_page_is_silent_where_nothing_was_kept(version):
    assert "Fairness" not in said_of(version, None)


def test_the_api_has_it_or_null(version):
    viewer = api("Viewer")
    assert viewer.get(f"models/{version.pk}").json()["fairness"] is None

    said_of(version, kept(NO, YES))

    found = viewer.get(f"models/{version.pk}").json()["fairness"]
    group = found["attributes"][0]["groups"][1]
    assert found["favourable"] == ["approve"]
    assert group["selection"]["value"] == pytest.approx(0.71)
    assert group["ratio"]["below_four_fifths"] is True
