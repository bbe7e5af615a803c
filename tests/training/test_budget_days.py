"""The days and months of the budget are those of the company's time zone."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from tests.apis import a_sealed_version, person
from training.models import BudgetEntry, TrainingPolicy
from training.services.budget import ledger
from training.services.runs.submissions import RunRequest, submit_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("zone", "now", "day", "next_day", "next_month"),
    [
        (
            "Asia/Seoul",
            "2026-03-31T14:59:59",
            "2026-03-31",
            "2026-03-31T15:00",
            "2026-03-31T15:00",
        ),
        (
            "Asia/Seoul",
            "2026-03-31T15:00:00",
            "2026-04-01",
            "2026-04-01T15:00",
            "2026-04-30T15:00",
        ),
        # 23 hours: the clocks go forward
        (
            "America/New_York",
            "2026-03-08T05:00:00",
            "2026-03-08",
            "2026-03-09T04:00",
            "2026-04-01T04:00",
        ),
        # 25 hours, and the month ends in winter
        (
            "America/New_York",
            "2026-11-01T04:00:00",
            "2026-11-01",
            "2026-11-02T05:00",
            "2026-12-01T05:00",
        ),
    ],
)
def test_days_and_months_are_the_companys(
    settings, zone, now, day, next_day, next_month
):
    settings.TIME_ZONE = zone
    timezone.get_default_timezone.cache_clear()
    TrainingPolicy.objects.update(
        budget_minutes_per_day=20, budget_minutes_per_month=100
    )
    alice = person("Admin")
    submit_run(RunRequest(a_sealed_version(alice)), by=alice)
    BudgetEntry.objects.update(charged_on=day)
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = ledger.allowance(TrainingPolicy.objects.get(), moment)
    assert (found.day.left, found.month.left) == (10, 90)
    assert found.day.until == datetime.fromisoformat(next_day).replace(tzinfo=UTC)
    assert found.month.until == datetime.fromisoformat(next_month).replace(tzinfo=UTC)
    after = ledger.allowance(TrainingPolicy.objects.get(), found.day.until)
    assert after.day.left == 20
    later = ledger.allowance(TrainingPolicy.objects.get(), found.month.until)
    assert later.month.left == 100


@pytest.fixture(autouse=True)
def _zone_of_the_suite():
    yield
    timezone.get_default_timezone.cache_clear()
