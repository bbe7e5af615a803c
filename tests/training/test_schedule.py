"""The schedule of Batch: its dates, its words, and one decision for each date."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from tests.apis import an_approved_case, api, person
from training.choices import DatasetStatus, JobFlow, Trigger
from training.errors import InvalidInput
from training.models import AutoDecision, DatasetVersion, TrainingRun
from training.schedules import check_schedule, in_words, last_date, next_dates
from training.services.policy import policies
from training.services.policy.batch_schedule import run_schedule

SUNDAY = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


@pytest.fixture
def alice(db):
    return person("Admin", "alice")


@pytest.fixture
def nightly(alice, clock):
    """Every night at two; it is Sunday, 17:00."""
    clock.set(SUNDAY)
    return policies.change_policy(by=alice, batch_schedule="0 2 * * *")


def test_its_dates_are_those_of_the_company(settings):
    settings.TIME_ZONE = "Asia/Seoul"
    seoul = ZoneInfo("Asia/Seoul")
    dates = next_dates("0 2 * * 1", SUNDAY, 2)
    assert dates == [
        datetime(2026, 11, 30, 2, tzinfo=seoul),
        datetime(2026, 12, 7, 2, tzinfo=seoul),
    ]  # in Seoul, Monday 02:00 has just gone by


def test_an_hour_that_the_clocks_repeat_is_met_once(settings):
    settings.TIME_ZONE = "America/New_York"
    before = datetime(2026, 11, 1, 0, 0, tzinfo=ZoneInfo("America/New_York"))
    first, second = next_dates("30 1 * * *", before, 2)
    assert (first.day, second.day) == (1, 2)


@pytest.mark.parametrize(
    "text", ["daily", "0 2 * *", "61 * * * *", "* * * * * *", "0 0 30 2 *", "0 0 0 0 0"]
)
def test_what_names_no_date_is_refused_with_an_example(text):
    with pytest.raises(InvalidInput, match="for example 0 2 "):
        check_schedule(text)


def test_spaces_are_tidied_and_nothing_is_no_schedule():
    assert check_schedule("  0  2 * * 1 ") == "0 2 * * 1"
    assert check_schedule("   ") == ""


def test_it_reads_as_a_sentence_in_both_languages():
    with translation.override("en"):
        assert in_words("0 2 * * 1") == "At 02:00, only on Monday"
    with translation.override("ko"):
        assert "02:00" in in_words("0 2 * * 1")
        assert "Monday" not in in_words("0 2 * * 1")


def test_the_last_date_counts_to_the_second():
    two = datetime(2026, 11, 22, 2, tzinfo=UTC)
    day, second = timedelta(days=1), timedelta(seconds=1)
    assert last_date("0 2 * * *", after=two - day, until=two) == two
    assert last_date("0 2 * * *", after=two - day, until=two - second) is None
    assert last_date("0 2 * * *", after=two, until=two + second) is None


def test_at_its_date_it_seals_and_trains_and_says_why(alice, nightly, clock):
    an_approved_case(alice)
    assert run_schedule() is None
    clock.advance(hours=9)
    decision = run_schedule()
    assert decision.submitted
    assert decision.trigger == Trigger.SCHEDULE
    assert decision.due_at == datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert decision.job.flow == JobFlow.BATCH
    assert decision.job.run.dataset_version.status == DatasetStatus.SEALING
    assert run_schedule() is None


def test_with_nothing_new_it_says_why_not_and_when_it_looks_again(nightly, clock):
    clock.advance(hours=10)
    decision = run_schedule()
    assert not decision.submitted
    failed = [rule for rule in decision.rules if not rule["ok"]]
    assert [rule["rule"] for rule in failed] == ["new_samples"]
    following = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert datetime.fromisoformat(failed[0]["next_possible"]) == following


def test_of_five_missed_dates_one_is_made_up_for(alice, nightly, clock):
    an_approved_case(alice)
    clock.advance(days=5)
    decision = run_schedule()
    assert decision.due_at == datetime(2026, 11, 27, 2, tzinfo=UTC)
    assert run_schedule() is None
    assert TrainingRun.objects.count() == 1


def test_dates_before_it_was_set_are_not_made_up_for(alice, clock):
    clock.set(SUNDAY)
    policies.change_policy(by=alice, batch_schedule="0 16 * * *")
    assert run_schedule() is None


def test_a_changed_schedule_begins_anew(alice, nightly, clock):
    clock.advance(hours=10)
    policies.change_policy(by=alice, batch_schedule="0 1 * * *")
    assert run_schedule() is None
    policies.change_policy(by=alice, batch_schedule="")
    assert policies.policy().batch_schedule_since is None
    clock.advance(days=3)
    assert run_schedule() is None


def test_the_database_keeps_one_decision_a_date(nightly, clock):
    clock.advance(hours=10)
    kept = run_schedule()
    with pytest.raises(IntegrityError), transaction.atomic():
        AutoDecision.objects.create(
            trigger=Trigger.SCHEDULE, due_at=kept.due_at, submitted=False, rules=[]
        )


def test_the_schedule_trains_what_auto_would_still_wait_for(alice, nightly, clock):
    policies.change_policy(by=alice, undo_window_minutes=100_000)
    an_approved_case(alice)
    clock.advance(hours=10)
    assert run_schedule().submitted


def test_a_schedule_on_which_training_is_off_says_so(alice, nightly, clock, settings):
    an_approved_case(alice)
    settings.TRAINING_JOBS_ENABLED = False
    clock.advance(hours=10)
    failed = [rule["rule"] for rule in run_schedule().rules if not rule["ok"]]
    assert failed == ["training_enabled"]
    assert DatasetVersion.objects.get().status == DatasetStatus.OPEN


@pytest.mark.django_db
def test_the_api_sets_it_and_tells_its_next_five_dates():
    admin = api("Admin")
    answer = admin.post("training/auto", {"batch_schedule": "0 2 * * 1"}).json()
    schedule = answer["schedule"]
    assert schedule["in_words"] == "At 02:00, only on Monday"
    assert len(schedule["next"]) == 5
    assert all(date.endswith("T02:00:00.000000Z") for date in schedule["next"])
    refused = admin.post("training/auto", {"batch_schedule": "mondays"})
    assert refused.status_code == 400
    assert admin.get("training/auto").json()["batch_schedule"] == "0 2 * * 1"


@pytest.mark.django_db
def test_decisions_are_listed_with_their_reasons(nightly, clock):
    clock.advance(hours=10)
    kept = run_schedule()
    clock.set(timezone.now())
    listed = api("Viewer").get("training/decisions", trigger="schedule").json()
    assert [item["id"] for item in listed["items"]] == [str(kept.pk)]
    assert listed["items"][0]["rules"][0]["rule"] == "training_enabled"
    assert (
        api("Viewer").get("training/decisions", submitted="true").json()["items"] == []
    )
