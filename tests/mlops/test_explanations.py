"""Codes and parameters are stored; pages say them in the reader's language."""

import ast
import re
from dataclasses import replace
from functools import partial

import pytest
from django.utils import translation

from mlops.explanations import in_words
from mlops.models import Prediction
from mlops.pages.shared.audit_subjects import labels
from mlops.predictors.columns import Column, State
from mlops.predictors.rationale import explain, sentence
from mlops.serving.selection import hold, release_hold, select_version
from preciso import limits
from preciso.requester import Requester
from preciso.translations import ROOT
from tests.apis import a_case, a_model_version, a_sealed_version, api, case_body, person
from tests.database import refuses
from tests.mlops.people import browser, text
from training import records
from training.choices import AccessKind
from training.models import AccessEntry, AuditEvent, Case, PipelineJob, TrainingRun
from training.progress import STEPS, note_of
from training.records import form_of, hash_of
from training.services.access.access_log import note
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.intake import correct_case, parse_case
from training.services.policy.policies import policy
from training.services.runs.job_actions import cancel_job
from training.services.runs.submissions import RunRequest, submit_run
from training.values import short_json

KOREAN = re.compile("[가-힣]")
KO = {"Accept-Language": "ko"}
INCOME, DEBT, AGE = (
    Column(name, None, (0.0, 1.0), (), {}, None, None, 0, ())
    for name in ("income", "debt", "age")
)
MISSING = replace(INCOME, name="children", absent=State((0.1,), -1))
VALUES = {"income": 75.0, "debt": 0.25, "age": 41.0}


def in_korean(retell, *args):
    with translation.override("ko"):
        return retell(*args)


SAID = [
    ([(0.9, INCOME), (0.5, DEBT), (0.4, AGE)], VALUES),
    ([(0.9, INCOME), (0.5, DEBT), (-0.4, AGE)], VALUES),
    ([(0.9, INCOME), (-0.5, DEBT), (-0.4, AGE)], VALUES),
    ([(0.9, MISSING)], VALUES),
    ([(-0.9, INCOME)], VALUES),
    ([], {}),
]


@pytest.mark.parametrize(("towards", "values"), SAID)
def test_every_reason_a_model_gives_is_said_in_korean(towards, values):
    explanation = explain("deny", towards, values)
    korean = in_korean(in_words, explanation, sentence(explanation))
    assert KOREAN.search(korean)
    assert "deny" in korean
    assert not re.search(r"\b(and|weighed|against|likeliest)\b", korean)


@pytest.mark.parametrize(("towards", "values"), SAID)
def test_an_english_reader_gets_the_sentence_that_programs_get(towards, values):
    explanation = explain("deny", towards, values)
    with translation.override("en"):
        assert in_words(explanation, "") == sentence(explanation)


AWKWARD = (
    "Rent and utilities",
    "%(decision)s",
    "100 % sure",
    "a, b and c not given",
    "weighed most towards x; y against.",
)


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("value", [300.0, "50 % and more", "not given"])
def test_a_fact_reads_the_same_in_both_languages(name, value):
    column = replace(INCOME, name=name)
    values = {**VALUES, name: value}
    for towards in ([(0.9, column), (-0.5, DEBT)], [(-0.9, column)]):
        explanation = explain("deny", towards, values)
        shown = f"{name} = {300 if value == 300.0 else value}"
        assert shown in sentence(explanation)
        assert shown in in_korean(in_words, explanation, "")


@pytest.mark.parametrize("explanation", [{}, {"code": "unheard"}, {"params": {}}])
def test_what_has_no_form_here_is_shown_as_it_came(explanation):
    english = sentence(explain("deny", [(0.9, INCOME)], VALUES))
    assert in_korean(in_words, explanation, english) == english


@pytest.fixture
def version(db, two_model_directories):
    operator = person("Operator", "olga")
    made = a_model_version(a_sealed_version(operator), two_model_directories[0])
    select_version(made, by=operator)
    return made


def rent(**columns):
    params = {"decision": "deny", "for": [["Rent and utilities", "300"]]}
    return {"code": "weighed", "params": {**params, "against": []}, **columns}


def test_a_recommended_case_keeps_why_as_code_and_parameters(version):
    case = a_case(recommendation=None)

    kept = case.recommended_explanation
    assert sentence(kept) == case.recommended_rationale
    assert kept["params"]["decision"] == case.recommended_decision
    rita = browser("Reviewer", "rita")
    page = f"/mlops/approvals/{case.pk}/"
    assert case.recommended_rationale in text(rita.get(page))
    korean = text(rita.get(page, headers=KO))
    assert in_korean(in_words, kept, "") in korean
    assert case.recommended_rationale not in korean


def test_a_correction_brings_its_own_explanation(version):
    case = a_case(external_id="C-1", recommendation=None)
    assert case.recommended_explanation

    correct_case(case, parse_case(case_body("C-1")), by=person(name="olga2"))

    case.refresh_from_db()
    assert case.recommended_rationale != ""
    assert case.recommended_explanation == {}


def test_a_recorded_answer_keeps_it_too_and_the_api_says_it_in_english(version):
    body = {"cases": [{"external_id": "C-9", "facts": case_body()["facts"]}]}
    said = api("Operator").post("predict", body, headers=KO).json()
    answer = Prediction.objects.get()

    assert sentence(answer.explanation) == answer.rationale
    assert said["predictions"][0]["rationale"] == answer.rationale
    page = text(
        browser("Viewer").get(f"/mlops/models/answers/{answer.pk}/", headers=KO)
    )
    assert in_korean(in_words, answer.explanation, "") in page


def test_a_reviewer_who_agreed_took_the_models_reason_over(db):
    case = a_case(external_id="C-1")
    Case.objects.filter(pk=case.pk).update(
        recommended_rationale=sentence(rent()), recommended_explanation=rent()
    )
    case.refresh_from_db()
    rita = browser("Reviewer", "rita")
    approve_case(case, ReviewInput(confidence=0.9), by=rita.user)

    page = text(rita.get(f"/mlops/approvals/{case.pk}/", headers=KO))

    assert "Rent and utilities = 300" in page
    assert "weighed most" not in page


def test_what_a_person_wrote_is_shown_as_it_stands(db):
    words = sentence(rent())
    case = a_case(external_id="C-1")
    rita = browser("Reviewer", "rita")
    approve_case(case, ReviewInput("deny", words, confidence=0.9), by=rita.user)

    page = text(rita.get(f"/mlops/approvals/{case.pk}/", headers=KO))

    assert words in page


def test_what_was_kept_before_explanations_were_is_shown_as_it_stands(db):
    words = sentence(rent())
    case = a_case(external_id="C-1")
    Case.objects.filter(pk=case.pk).update(recommended_rationale=words)

    page = browser("Reviewer", "rita").get(f"/mlops/approvals/{case.pk}/", headers=KO)

    assert words in text(page)


@pytest.mark.parametrize("model", [Case, Prediction])
def test_a_row_that_is_older_than_the_column_keeps_its_hash(
    model, version, monkeypatch
):
    a_case(external_id="C-1")
    Prediction.objects.create(
        external_id="C-1", model_version=version, decision="deny", confidence=0.5
    )
    column = {Case: "recommended_explanation", Prediction: "explanation"}[model]
    form = form_of(model)
    place = form.columns.index(column)
    rows = model.objects.filter(external_id="C-1")
    row = rows.values_list(*form.columns).get()
    known = hash_of(model, row)

    older = replace(form, private=tuple(n for n in form.private if n != column))
    monkeypatch.setitem(records._FORMS, model, older)
    records.writers.cache_clear()
    try:
        assert hash_of(model, row[:place] + row[place + 1 :]) == known
    finally:
        records.writers.cache_clear()


def test_the_database_bounds_an_explanation(db):
    case = a_case(external_id="C-1")
    endless = {"code": "x" * limits.TEXT}
    refuses(
        lambda: Case.objects.create(
            external_id="C-2",
            title="x",
            content_sha256=case.content_sha256,
            facts_sha256=case.facts_sha256,
            recommended_explanation=endless,
        )
    )
    assert short_json(endless) == {}
    assert short_json(rent()) == rent()


def test_every_note_of_the_built_in_trainer_is_said_in_korean():
    folder = ROOT / "training" / "trainers" / "decision"
    told = [each for path in folder.glob("*.py") for each in progress_in(path)]
    assert {code for code, _note in told} == set(STEPS) - {"sealing", "storing"}
    for code, words in told:
        step = {"code": code, "params": {"number": 3, "rounds": 15}}
        with translation.override("en"):
            assert words in (note_of("", step), None)
        assert KOREAN.search(in_korean(partial(note_of, words), step)), code


def progress_in(path):
    """Code and note of each `progress(...)`; no note where it is put together."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "progress":
            _fraction, note, code = node.args
            yield code.value, getattr(note, "value", None)


@pytest.mark.django_db
def test_the_audit_trail_is_stored_in_english_whoever_acts():
    operator = person("Operator")
    with translation.override("ko"):
        version = a_sealed_version(operator)
        submit_run(RunRequest(version), by=operator)
    labels = set(AuditEvent.objects.values_list("subject_label", flat=True))
    assert "Dataset 1" in labels
    assert not any(KOREAN.search(label) for label in labels)


@pytest.mark.django_db
def test_the_audit_trail_is_read_in_the_readers_language():
    operator = person("Operator")
    run = submit_run(RunRequest(a_sealed_version(operator)), by=operator)
    cancel_job(run.job, by=operator)
    AuditEvent.objects.record("auto.changed", actor=None, subject=policy())
    hold(operator, "wait")
    release_hold(by=operator)
    client = browser("Operator", "reader")
    korean = text(client.get("/logs/", headers=KO))
    english = text(client.get("/logs/"))
    for said, label in (
        ("데이터셋 1", "Dataset 1"),
        (f"{run.model_name} 실행 {run.pk}", f"Run {run.pk} of {run.model_name}"),
        (f"학습 작업 {run.job_id}", f"Training job {run.job_id}"),
        ("학습 정책", "Training policy"),
        ("보류 중", "On hold"),
    ):
        assert said in korean, said
        assert label in english, label


@pytest.mark.django_db
def test_a_label_that_is_no_longer_its_rows_is_shown_as_the_trail_has_it():
    operator = person("Operator")
    run = submit_run(RunRequest(a_sealed_version(operator)), by=operator)
    gone = PipelineJob(pk=10_000, kind="train")
    AuditEvent.objects.record("job.canceled", actor=operator, subject=gone)
    named = TrainingRun(pk=run.pk, model_name="another")
    AuditEvent.objects.record("training.submitted", actor=operator, subject=named)

    korean = text(browser("Operator", "reader").get("/logs/", headers=KO))

    assert "Training job 10000" in korean
    assert f"Run {run.pk} of another" in korean


@pytest.mark.django_db
def test_a_page_of_the_trail_asks_once_for_each_kind_of_subject(
    django_assert_num_queries,
):
    operator = person("Operator")
    version = a_sealed_version(operator)
    for number in range(5):
        asked = RunRequest(version, training_args={"seed": number})
        cancel_job(submit_run(asked, by=operator).job, by=operator)
    events = list(AuditEvent.objects.for_table())

    with translation.override("ko"), django_assert_num_queries(3):
        assert len(labels(events)) == len(events) > 10
    with translation.override("en"), django_assert_num_queries(0):
        labels(events)


@pytest.mark.django_db
def test_the_access_log_is_stored_in_english_and_read_in_any_language():
    operator = person("Operator")
    run = submit_run(RunRequest(a_sealed_version(operator)), by=operator)
    with translation.override("ko"):
        note(AccessKind.DOWNLOAD, Requester(person=operator), subject=run.job)
    entry = AccessEntry.objects.get(subject_type="pipelinejob")

    assert entry.subject_label == f"Training job {run.job_id}"
    assert labels([entry]) == [entry.subject_label]
    assert in_korean(labels, [entry]) == [f"학습 작업 {run.job_id}"]
