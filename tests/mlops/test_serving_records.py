"""What serves and what it answered, beside the events that tell of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from mlops.dbrules import MLOPS_RULES
from mlops.models import Prediction
from mlops.serving import (
    break_glass,
    fallbacks,
    freezes,
    model_registry,
    predictions,
    rehearsals,
    selection,
)
from tests.apis import a_model_version, a_sealed_version, on_record
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent, TrainingRun
from training.services.audit import record_coverage
from training.services.audit.chain import chain_events
from training.services.audit.chain_check import verify_chain
from training.services.audit.record_coverage import cover_records

pytestmark = pytest.mark.django_db
RULES = [*TRAINING_RULES, *MLOPS_RULES]


@pytest.fixture
def alice():
    return on_record("Admin", "alice")


@pytest.fixture
def bob():
    return on_record("Admin", "bob")


@pytest.fixture
def at_once(monkeypatch):
    """What is to be covered is covered in the next round."""
    monkeypatch.setattr(record_coverage, "SETTLE", -record_coverage.LATE)
    monkeypatch.setattr(record_coverage, "WAIT_AT_MOST", -record_coverage.LATE)
    while cover_records():
        pass


def by_sql(statement):
    take_down(RULES)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    put_up(RULES)


def chained():
    while cover_records():
        pass
    chain_events()
    return verify_chain()


@pytest.fixture
def history(at_once, alice, bob, two_model_directories):
    """Two versions selected, rolled back, rehearsed, switched in a freeze; answers."""
    sealed = a_sealed_version(alice, size=3)
    a, b = [a_model_version(sealed, files, by=alice) for files in two_model_directories]
    for run in TrainingRun.objects.all():  # made without its job, which tells of it
        AuditEvent.objects.record(
            "training.finished", actor=None, subject=run, records=[run]
        )
    selection.select_version(a, by=alice)
    rehearsals.rehearse(b, by=alice)
    selection.select_version(b, by=alice, reason="Better.")
    selection.roll_back(by=alice, reason="Odd.")
    selection.release_hold(by=alice)
    fallbacks.name_fallback(a, by=alice, reason="Well known.")
    cases = [predictions.PredictCase(f"P-{n}", []) for n in range(3)]
    predictions.predict(cases, by=alice)
    soon = timezone.now() + timedelta(hours=1)
    planned = freezes.plan_freeze(
        name="Later", starts_at=soon, ends_at=soon + timedelta(hours=1), by=alice
    )
    freezes.call_off_freeze(planned, by=bob)
    freezes.plan_freeze(name="Close", ends_at=soon, by=alice)
    asked = break_glass.request_switch(b, by=alice, reason="Now.")
    break_glass.confirm_switch(asked, by=bob)
    model_registry.check_version(a)


def test_after_a_whole_story_every_record_is_as_its_event_says(history):
    report = chained()
    assert report.ok, report.problem
    assert report.untold == 0


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("servingperiod", "UPDATE mlops_servingperiod SET reason = 'Asked to.'"),
        ("servingperiod", "UPDATE mlops_servingperiod SET until = '2031-01-01' "
         "WHERE until IS NOT NULL AND follows_id IS NULL"),
        ("servingperiod", "UPDATE mlops_servingperiod SET by_id = NULL "
         "WHERE until IS NULL"),
        ("servingstate", "UPDATE mlops_servingstate SET hold_since = '2026-01-01', "
         "hold_by_id = NULL"),
        ("servingstate", "UPDATE mlops_servingstate SET fallback_id = NULL"),
        ("prediction", "UPDATE mlops_prediction SET decision = 'no'"),
        ("prediction", "UPDATE mlops_prediction SET confidence = 0.123"),
        ("prediction", "DELETE FROM mlops_prediction"),
        ("modelversion", "UPDATE mlops_modelversion SET metrics = '{}', sha256 = 'ab'"),
        ("freezewindow", "UPDATE mlops_freezewindow SET canceled_at = NULL, "
         "canceled_by_id = NULL"),
        ("breakglass", "UPDATE mlops_breakglass SET answer = 'Fine.'"),
        ("rehearsal", "UPDATE mlops_rehearsal SET cases = cases + 1"),
    ],
)  # fmt: skip
def test_a_record_altered_by_sql_is_named(history, kind, statement):
    assert chained().ok
    by_sql(statement)
    assert verify_chain().problem.startswith(f"{kind} "), verify_chain().problem


def test_an_answer_put_in_below_those_that_are_covered_is_named(history, alice):
    assert chained().ok
    answer = Prediction.objects.latest("pk")
    old = timezone.now() - 2 * record_coverage.LATE
    with_gap = Prediction.objects.create(
        pk=answer.pk + 5,
        external_id="P-9",
        model_version=answer.model_version,
        decision="yes",
        confidence=1.0,
        facts_sha256="",
    )
    assert chained().ok
    Prediction.objects.create(
        pk=with_gap.pk - 1,
        external_id="P-8",
        model_version=answer.model_version,
        decision="yes",
        confidence=1.0,
        facts_sha256="",
        at=old,
    )
    record_coverage.cover_stragglers()
    problem = chained().problem
    assert problem == f"prediction {with_gap.pk - 1} has no audit event"


def test_an_answer_that_committed_late_is_covered_all_the_same(history):
    assert chained().ok
    answer = Prediction.objects.latest("pk")
    answer.pk += 5
    answer.save(force_insert=True)
    assert chained().ok
    answer.pk -= 1
    answer.save(force_insert=True)
    assert record_coverage.cover_stragglers() == 1
    assert record_coverage.cover_stragglers() == 0
    assert chained().untold == 0


def test_predicting_itself_writes_no_event(history, alice):
    before = AuditEvent.objects.count()
    predictions.predict([predictions.PredictCase("P-7", [])], by=alice)
    assert AuditEvent.objects.count() == before
