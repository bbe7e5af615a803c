"""What is too long is refused by name and bound; what is told is bounded in bytes."""

import json
import subprocess
import sys

import pytest

from mlops.evaluation.fairness import (
    MOST_ATTRIBUTES,
    MOST_DECISIONS,
    count_groups,
    judge,
)
from preciso import limits
from tests.apis import (
    a_case,
    a_job,
    a_sealed_version,
    an_approved_case,
    api,
    case_body,
    person,
)
from tests.database import refuses
from tests.mlops.people import browser
from training import measures
from training.choices import ReviewAction, ReviewSource
from training.models import Case, JobLogLine, PipelineJob, Review, Sample

pytestmark = pytest.mark.django_db
LONG = "x" * (limits.TEXT + 1)


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("approve", {"decision": {"decision": "no", "rationale": LONG}}, "rationale"),
        ("approve", {"decision": {"decision": "x" * 201}}, "decision"),
        ("approve", {"reasoning": LONG}, "reasoning"),
        ("reject", {"reasoning": LONG}, "reasoning"),
        ("request-changes", {"reasoning": LONG}, "reasoning"),
        ("withdraw", {"reasoning": LONG}, "reasoning"),
    ],
)
def test_a_review_that_is_too_long_is_refused_by_name_and_bound(verb, body, field):
    case = a_case()

    answer = api("Reviewer").post(f"approvals/cases/{case.pk}/{verb}", body)

    assert answer.status_code == 400
    assert field in answer.json()["detail"]
    assert str(limits.LABEL) in answer.json()["detail"] or "20000" in str(answer.json())
    assert not Review.objects.exists()


def test_a_review_as_long_as_allowed_is_taken():
    case, text = a_case(), "x" * limits.TEXT
    body = {"decision": {"decision": "no", "rationale": text}, "reasoning": text}

    answer = api("Reviewer").post(f"approvals/cases/{case.pk}/approve", body)

    assert answer.status_code == 200
    assert Review.objects.get().rationale == text


def test_a_case_larger_than_the_bound_is_refused():
    facts = [{"name": f"f{n}", "value": "x" * limits.TEXT} for n in range(51)]

    answer = api("Operator").post("cases", case_body("L-1", facts=facts))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["detail"] == "The case is larger than 1000000 bytes."
    assert not Case.objects.exists()


def test_arguments_that_no_program_can_be_given_are_refused_when_they_are_sent():
    version = a_sealed_version(person("Admin"))
    body = {"dataset_version_id": str(version.pk)}
    args = {"text": "x" * limits.ARGUMENTS}

    answer = api("Operator").post("training/run", {**body, "training_args": args})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "training_args" in answer.json()["detail"]
    assert "100000" in answer.json()["detail"]
    assert not PipelineJob.objects.filter(kind="train").exists()


def test_a_program_starts_with_the_longest_arguments():
    longest = json.dumps({"text": "x" * (limits.ARGUMENTS - len('{"text": ""}'))})
    assert len(longest) == limits.ARGUMENTS

    subprocess.run(
        [sys.executable, "-S", "-c", ""],
        env={"PRECISO_TRAINING_ARGS": longest},
        check=True,
    )


def test_the_database_refuses_texts_that_are_too_long():
    case, rita = a_case(), person("Reviewer")
    columns = {"case": case, "by": rita, "source": ReviewSource.API}
    columns |= {"action": ReviewAction.REJECT}

    refuses(lambda: Review.objects.create(**columns, reasoning=LONG))
    refuses(lambda: Review.objects.create(**columns, rationale=LONG))


@pytest.mark.parametrize("path", ["cases?q=%00", "mlflow/models/%00/promote"])
def test_no_address_of_the_api_holds_a_nul(path):
    answer = api("Admin").client.get(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("path", ["/mlops/approvals/?q=%00", "/mlops/jobs/?reason=%00"])
def test_no_address_of_a_page_holds_a_nul(path):
    assert browser("Admin").get(path).status_code == 400


def test_no_form_holds_a_nul():
    answer = browser("Admin").post("/mlops/jobs/dead/", {"reason": "\0"})

    assert answer.status_code in {400, 404}


def test_a_filter_is_bounded():
    answer = api("Viewer").get("cases", q="x" * (limits.QUERY + 1))

    assert answer.status_code == 400
    assert "500" in answer.json()["detail"]


def all_pages(caller, path, **query):
    pages = [caller.get(path, **query).json()]
    while pages[-1]["next"]:
        pages.append(caller.get(path, **query, cursor=pages[-1]["next"]).json())
    return pages


def test_a_page_of_a_list_ends_early_where_its_rows_are_large(monkeypatch):
    monkeypatch.setattr(limits, "PAGE", 100_000)
    facts = [{"name": f"f{n}", "value": "x" * 10_000} for n in range(3)]
    for number in range(7):
        a_case(external_id=f"L-{number}", facts=facts)

    pages = all_pages(api("Viewer"), "cases", limit=100)

    names = [each["external_id"] for page in pages for each in page["items"]]
    assert names == [f"L-{number}" for number in reversed(range(7))]
    assert [len(page["items"]) for page in pages] == [3, 3, 1]


def test_a_row_larger_than_a_page_comes_alone(monkeypatch):
    monkeypatch.setattr(limits, "PAGE", 10)
    a_case(), a_case()

    pages = all_pages(api("Viewer"), "cases", limit=5)

    assert [len(page["items"]) for page in pages] == [1, 1]


def test_small_rows_fill_a_page_in_two_questions(django_assert_max_num_queries):
    for _number in range(60):
        a_case()
    caller = api("Viewer")
    caller.get("cases")

    with django_assert_max_num_queries(25):
        answer = caller.get("cases", limit=58).json()

    assert (len(answer["items"]), bool(answer["next"])) == (58, True)


def test_a_part_of_a_log_ends_early_where_its_lines_are_long(monkeypatch):
    monkeypatch.setattr(limits, "PAGE", 100)
    job, caller = a_job(status="completed"), api("Viewer")
    JobLogLine.objects.bulk_create(
        JobLogLine(job=job, seq=n, attempt=1, text="x" * 40) for n in range(1, 5)
    )

    parts = [caller.get(f"pipeline/jobs/{job.pk}/log").json()]
    while not parts[-1]["ended"]:
        after = parts[-1]["next_after"]
        parts.append(caller.get(f"pipeline/jobs/{job.pk}/log", after=after).json())

    assert [len(part["lines"]) for part in parts] == [2, 2]


def counted(protected, decisions, answers):
    """What fairness keeps of so many cases."""
    rita = person("Reviewer")
    samples = []
    for each in protected:
        an_approved_case(rita, protected=each)
        samples.append(Sample.objects.latest("pk"))
    rows = [
        {"id": str(sample.pk), "decision": decision}
        for sample, decision in zip(samples, decisions, strict=True)
    ]
    return count_groups(rows, [{answer: 1.0} for answer in answers])


def test_what_fairness_keeps_is_bounded_whatever_the_cases_hold():
    cases = 60
    protected = [
        {"age": n, **{f"a{n}-{k}": k for k in range(40)}} for n in range(cases)
    ]

    kept = counted(protected, [f"d{n}" for n in range(cases)], ["no"] * cases)

    assert len(kept["attributes"]) == MOST_ATTRIBUTES
    assert kept["attributes_left_out"] == cases * 40 + 1 - MOST_ATTRIBUTES
    assert len(kept["labels"]) == MOST_DECISIONS
    assert kept["labels"][-1] == measures.OTHER
    assert judge(kept).attributes_left_out == kept["attributes_left_out"]


def test_rare_values_are_one_group_and_said_so():
    protected = [{"town": "Seoul" if n < 30 else f"village {n}"} for n in range(45)]

    kept = counted(protected, ["no"] * 45, ["no"] * 45)

    (attribute,) = judge(kept).attributes
    assert [(g.value, g.cases, g.pooled) for g in attribute.groups] == [
        ("Seoul", 30, 0),
        ("", 15, 15),
    ]
    assert attribute.values == 16


def test_a_confusion_matrix_is_bounded():
    truth = [f"d{n}" for n in range(200)]

    found = measures.measure([{label: 1.0} for label in truth], truth)

    assert len(found.labels) == len(found.confusion) == measures.MOST_LABELS
    assert sum(map(sum, found.confusion)) == 200
    assert (found.accuracy, found.balanced_accuracy, found.auc) == (1.0, 1.0, None)
