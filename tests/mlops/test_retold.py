"""What is stored in English is said again in the reader's language."""

import ast
import re
from functools import partial

import pytest
from django.utils import translation

from mlops import retold
from mlops.predictors.columns import Column
from mlops.predictors.rationale import explain
from preciso.translations import ROOT
from tests.apis import a_sealed_version, person
from tests.mlops.people import browser
from training.models import AuditEvent
from training.progress import STEPS, note_of
from training.services.runs import RunRequest, submit_run

KOREAN = re.compile("[가-힣]")
INCOME, DEBT, AGE = (
    Column(name, None, (0.0, 1.0), (), {}, None, None, 0, ())
    for name in ("income", "debt", "age")
)
VALUES = {"income": 75.0, "debt": 0.25, "age": 41.0}


def in_korean(retell, text):
    with translation.override("ko"):
        return retell(text)


@pytest.mark.parametrize(
    ("towards", "values"),
    [
        ([(0.9, INCOME), (0.5, DEBT), (0.4, AGE)], VALUES),
        ([(0.9, INCOME), (0.5, DEBT), (-0.4, AGE)], VALUES),
        ([(-0.9, INCOME)], VALUES),
        ([], {}),
    ],
)
def test_every_reason_a_model_gives_is_said_in_korean(towards, values):
    english = explain("deny", towards, values)
    korean = in_korean(retold.reason, english)
    assert KOREAN.search(korean)
    assert "deny" in korean
    assert not re.search(r"\b(and|weighed|against|likeliest)\b", korean)


def test_facts_keep_their_names_and_values():
    english = explain("deny", [(0.9, INCOME), (-0.4, AGE)], VALUES)
    korean = in_korean(retold.reason, english)
    assert "income = 75" in korean
    assert "age = 41" in korean


def test_what_a_person_wrote_stays_as_it_is():
    assert in_korean(retold.reason, "Income covers the rate.") == (
        "Income covers the rate."
    )


def test_an_english_reader_gets_what_was_stored():
    english = explain("deny", [(0.9, INCOME)], VALUES)
    with translation.override("en"):
        assert retold.reason(english) == english


def test_every_note_of_the_built_in_trainer_is_said_in_korean():
    folder = ROOT / "training" / "trainers" / "decision"
    told = [each for path in folder.glob("*.py") for each in progress_in(path)]
    assert {code for code, _note in told} == set(STEPS) - {"sealing", "storing"}
    for code, note in told:
        step = {"code": code, "params": {"number": 3, "rounds": 15}}
        with translation.override("en"):
            assert note in (note_of("", step), None)
        assert KOREAN.search(in_korean(partial(note_of, note), step)), code


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
    client = browser("Operator", "reader")
    korean = client.get("/logs/", headers={"Accept-Language": "ko"}).content.decode()
    english = client.get("/logs/").content.decode()
    assert "데이터셋 1" in korean
    assert f"{run.model_name} 실행 {run.pk}" in korean
    assert f"Run {run.pk} of {run.model_name}" in english
