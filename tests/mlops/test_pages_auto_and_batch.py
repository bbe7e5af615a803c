"""The two halves of the training page: what they say, and the schedule set there."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from mlops.pages.shared.policy_summary import rule_of_auto
from tests.apis import a_sealed_version, an_approved_case, person
from tests.mlops.people import browser, by_htmx, text
from training.models import (
    AuditEvent,
    AutoDecision,
    DatasetVersion,
    PipelineJob,
    Sample,
    TrainingPolicy,
    TrainingRun,
)
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

PAGE = "/mlops/training/"
SET, READ = "/mlops/training/schedule/", "/mlops/training/schedule/reading/"
OWN = {"usual": "own", "batch_min_new_samples": "5"}


@pytest.fixture
def ada():
    return browser("Admin", "ada")


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            {},
            "Trains when 50 new samples have settled, at most 10 times a day, "
            "60 minutes apart.",
        ),
        (
            {
                "minutes_per_day": 60,
                "allowed_from": time(9),
                "allowed_until": time(18),
            },
            "Trains when 50 new samples have settled, at most 10 times and 60 minutes "
            "a day, between 09:00 and 18:00, 60 minutes apart.",
        ),
        (
            {
                "min_new_samples": 1,
                "runs_per_day": 1,
                "cooldown_minutes": 0,
                "undo_window_minutes": 0,
            },
            "Trains when 1 new sample is approved, at most once a day.",
        ),
    ],
)
def test_the_rule_of_auto_is_one_sentence(limits, sentence):
    assert rule_of_auto(TrainingPolicy(**limits)) == sentence


def test_auto_says_what_holds_it_back_and_how_far_the_samples_are(ada):
    change_policy(by=None, auto_enabled=True, min_new_samples=3)
    rita = person("Reviewer", "rita")
    for number in range(2):
        an_approved_case(rita, external_id=f"L-{number}")

    shown = text(ada.get(PAGE))

    auto = shown.split('id="auto-title"')[1].split('id="batch-title"')[0]
    assert "Switched on here by an administrator." in auto
    assert "0 of 3 new samples have settled" in auto
    assert "2 more can still be taken back" in auto
    assert "Too few new samples" in auto
    assert "2 of 3" in auto
    assert "it did not train" in auto
    assert ">L-1</a>" in auto


def test_auto_says_by_the_clock_when_it_may_train_next(ada, clock):
    change_policy(by=None, auto_enabled=True, min_new_samples=1)
    an_approved_case(person("Reviewer"))
    settles = Sample.objects.get().created_at + timedelta(minutes=10)

    waiting = text(ada.get(PAGE))
    clock.advance(minutes=11)
    settled = text(ada.get(PAGE))

    assert f'Next possible: <time datetime="{settles.isoformat()}"' in waiting
    assert settles.strftime(" %H:%M</time>") in waiting
    assert "Every rule holds: the next approval starts a training" in settled


@pytest.fixture
def second_version():
    """A sealed version, and one that is open with something new to learn from."""
    rita = person("Reviewer", "rita")
    a_sealed_version(rita)
    for _one in range(12):
        an_approved_case(rita)
    return DatasetVersion.objects.open().get()


def seal(version):
    return f"/mlops/training/datasets/{version.pk}/batch/"


def test_batch_says_what_a_training_takes_and_costs_before_the_click(
    ada, second_version
):
    change_policy(by=None, budget_minutes_per_day=60, price_per_minute="0.1")

    shown = text(ada.get(PAGE))

    estimate = "about 1 to 10 minutes, 60 left today"
    assert f"<strong>{estimate}</strong>" in shown
    assert "and costs 0.10 to 1.00 USD" in shown
    assert f"It learns from 16 samples: {estimate}, for 0.10 to 1.00 USD." in shown


def test_without_room_in_the_budget_the_button_says_why_it_does_nothing(
    ada, second_version
):
    change_policy(by=None, budget_minutes_per_day=4)

    batch = text(ada.get(PAGE)).split('id="batch-title"')[1]
    answer = by_htmx(ada, seal(second_version))

    assert 'type="submit" disabled>' in batch
    assert "The training budget has 4 minutes left and this may need" in batch
    assert answer.status_code == 409
    assert PipelineJob.objects.count() == 0


def test_batch_learns_everything_or_only_what_is_new(ada, second_version):
    shown = text(ada.get(PAGE))

    by_htmx(ada, seal(second_version), scope="delta")

    assert "Seal, and train on what is new" in shown
    assert TrainingRun.objects.get().scope == "delta"


def test_a_scope_that_there_is_not_is_refused(ada, second_version):
    answer = by_htmx(ada, seal(second_version), scope="some")

    assert answer.status_code == 409
    assert PipelineJob.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"usual": "0 2 * * *"}, "0 2 * * *"),
        ({"usual": "own", "expression": " 30  4 * * 5 "}, "30 4 * * 5"),
        ({"usual": "", "expression": "0 3 * * *"}, ""),
        ({"usual": "", "expression": "30 4 * * 5"}, "30 4 * * 5"),
        ({"usual": "0 2 * * 1", "expression": "30 4 * * 5"}, "0 2 * * 1"),
    ],
)
def test_the_administrator_sets_a_schedule(ada, typed, kept):
    change_policy(by=None, batch_schedule="0 3 * * *")

    answer = ada.post(SET, {"batch_min_new_samples": "5", **typed}, follow=True)

    policy = TrainingPolicy.objects.get()
    assert answer.redirect_chain == [(PAGE, 302)]
    assert (policy.batch_schedule, policy.batch_min_new_samples) == (kept, 5)
    assert AuditEvent.objects.filter(action="policy.changed", actor=ada.user).exists()


def test_a_schedule_is_read_back_with_its_next_five_dates(ada):
    change_policy(by=None, batch_schedule="0 2 * * 1")

    shown = text(ada.get(PAGE))
    schedule = shown.split('id="schedule"')[1].split("<form")[0]

    assert "At 02:00, only on Monday" in schedule
    assert schedule.count("<time") == 5
    assert '<option value="0 2 * * 1" selected>' in shown


def test_the_last_date_of_the_schedule_says_why_not(ada):
    change_policy(by=None, batch_schedule="0 2 * * 1")
    AutoDecision.objects.create(
        trigger="schedule",
        due_at=timezone.now() - timedelta(days=1),
        submitted=False,
        rules=[{"rule": "new_samples", "value": 3, "limit": 5, "ok": False}],
    )

    schedule = text(ada.get(PAGE)).split('id="schedule"')[1]

    assert "it did not train" in schedule
    assert "Too few new samples (3 of 5)" in schedule


def test_an_expression_typed_beside_no_schedule_is_never_thrown_away(ada):
    change_policy(by=None, batch_schedule="0 2 * * *")
    form = {"usual": "0 2 * * *", "batch_min_new_samples": "5"}

    read = text(by_htmx(ada, READ, **form, expression="0 2 1 * *"))
    wrong = by_htmx(ada, SET, **{**form, "usual": ""}, expression="often")

    assert "At 02:00, on day 1 of the month" in read
    assert wrong.status_code == 409
    assert TrainingPolicy.objects.get().batch_schedule == "0 2 * * *"


BAD = ["every night", "* * * *", "61 2 * * *", "0 0 30 2 *", ""]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
@pytest.mark.parametrize("expression", BAD)
def test_a_bad_schedule_is_refused_and_stays_in_its_field(ada, expression, headers):
    answer = ada.post(SET, {**OWN, "expression": expression}, headers=headers)

    form = answer.context["schedule_form"]
    assert answer.status_code == 409
    assert form.errors.keys() == {"expression"}
    assert len(form.errors["expression"]) == 1
    assert form["expression"].value() == expression
    assert form["batch_min_new_samples"].value() == "5"
    assert TrainingPolicy.objects.get().batch_schedule == ""


def test_what_a_typed_schedule_would_mean_is_told_before_it_is_set(ada):
    part = text(by_htmx(ada, READ, **OWN, expression="0 2 1 * *"))
    page = text(ada.post(READ, {**OWN, "expression": "0 2 1 * *"}))
    bad = text(by_htmx(ada, READ, **OWN, expression="often"))
    none = text(by_htmx(ada, READ, usual="", batch_min_new_samples="1"))

    assert "<html" not in part
    assert "<html" in page
    for shown in (part, page):
        assert "At 02:00, on day 1 of the month" in shown
    assert 'value="0 2 1 * *"' in page
    assert "is no schedule" in bad
    assert "only when somebody presses the button" in none
    assert TrainingPolicy.objects.get().batch_schedule == ""


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator", "Integration"])
def test_only_the_administrator_sets_a_schedule(role):
    member = browser(role)

    answer = member.post(SET, {"usual": "0 2 * * *", "batch_min_new_samples": "1"})

    assert answer.status_code == 403
    assert TrainingPolicy.objects.get().batch_schedule == ""
    assert "An administrator can set a schedule." in text(member.get(PAGE))


def test_somebody_without_a_role_reads_no_schedule():
    assert browser("").post(READ, OWN).status_code == 403


def test_an_approval_is_undone_until_auto_may_learn_from_it(clock):
    rita = browser("Reviewer", "rita")
    case = an_approved_case(rita.user)
    page = f"/mlops/approvals/{case.pk}/"

    young = text(rita.get(page))
    clock.advance(minutes=11)
    old = text(rita.get(page))

    assert "You can take this back until <time" in young
    assert "Undo" in young
    assert "Withdraw this approval" not in young
    assert "You can take this back" not in old
    assert "Withdraw this approval" in old


def test_undo_takes_the_approval_back(clock):
    rita = browser("Reviewer", "rita")
    case = an_approved_case(rita.user)

    by_htmx(rita, f"/mlops/approvals/{case.pk}/withdraw/")

    case.refresh_from_db()
    assert case.status == "awaiting_review"
    assert DatasetVersion.objects.open().get().samples().count() == 0


def test_what_was_sealed_meanwhile_is_withdrawn_and_not_undone():
    rita = browser("Reviewer", "rita")
    case = an_approved_case(rita.user)
    a_sealed_version(rita.user)

    shown = text(rita.get(f"/mlops/approvals/{case.pk}/"))

    assert "Withdraw this approval" in shown
    assert "You can take this back" not in shown
