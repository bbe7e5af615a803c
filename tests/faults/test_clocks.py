"""A process whose clock is hours away, beside others whose clocks are right."""

from contextlib import contextmanager

import pytest

from tests.requirements import faketime_library
from tests.trainers.samples import loans, train_here

pytestmark = [pytest.mark.long, pytest.mark.faketime]

PREPARE = """
from pathlib import Path
from django.contrib.auth.models import User
from mlops.serving.selection import select_version
from tests.apis import a_model_version
from training.models import DatasetVersion
dataset, files = DatasetVersion.objects.sealed().get(), Path({model!r})
first, second = [a_model_version(dataset, files) for _ in range(2)]
select_version(first, by=User.objects.get())
"""
TRY = """
from django.contrib.auth.models import User
from mlops.health import run_checks
from mlops.models import ModelVersion, ServingPeriod
from mlops.serving import selection as serving
from training.errors import DomainError
from training.models import AuditEvent, ClockReading
from training.services.audit.chain import chain_events
from training.services.audit.chain_check import verify_chain
from training.services.clocks import compare_clock
alice, newest = User.objects.get(), ModelVersion.objects.latest("pk")
refused = ""
try:
    serving.select_version(newest, by=alice)
except DomainError as refusal:
    refused = refusal.code
compare_clock("web")
event = AuditEvent.objects.record("case.posted", actor=alice, subject=alice)
chain_events()
chain = verify_chain()
answer = {
    "refused": refused,
    "periods": ServingPeriod.objects.count(),
    "readings": [reading.ahead for reading in ClockReading.objects.all()],
    "at": event.at.timestamp(),
    "chain": [chain.ok, chain.pending],
    "checks": [check.key for check in run_checks() if not check.ok],
}
"""
ASK = """
from datetime import datetime, UTC
from mlops.health import run_checks
from mlops.models import ServingPeriod
from training.models import ClockReading
from training.services.audit.chain import chain_events
from training.services.audit.chain_check import verify_chain
chain_events()
chain = verify_chain()
now = datetime.now(UTC)
answer = {
    "now": now.timestamp(),
    "serves": [p.model_version.version for p in ServingPeriod.objects.at(now)],
    "chain": [chain.ok, chain.pending],
    "wrong": ClockReading.objects.wrong().count(),
    "checks": [check.key for check in run_checks() if not check.ok],
}
"""
# As a version of old did it, whose processes wrote their own time into the period.
SWITCH_IN_FUTURE = """
from datetime import timedelta
from mlops.dbrules import MLOPS_RULES
from mlops.models import ModelVersion, ServingPeriod
from preciso.clock import database_now
from training.dbrules import put_up, take_down
rules = [rule for rule in MLOPS_RULES if rule.name == "mlops_servingperiod_has_begun"]
take_down(rules)
for version in ModelVersion.objects.order_by("-pk")[:2]:
    last = ServingPeriod.objects.open().get()
    ahead, tick = timedelta(hours=2), timedelta(microseconds=1)
    since = max(database_now() + ahead, last.since + tick)
    ServingPeriod.objects.filter(pk=last.pk).update(until=since)
    ServingPeriod.objects.create(
        model_version=version, since=since, kind="select", follows=last, below=last)
put_up(rules)
"""
PUT_RIGHT = """
from django.contrib.auth.models import User
from mlops.models import ServingPeriod
from mlops.serving.period_corrections import put_periods_right
put_periods_right(by=User.objects.get(), reason="the clock of web-2 was wrong")
answer = [str(each.since) for each in ServingPeriod.objects.order_by("pk")] + [
    str(each.until) for each in ServingPeriod.objects.order_by("pk")]
"""


@contextmanager
def another_clock(installation, faketime):
    """What runs here has a clock of its own; the database's server keeps the right."""
    changed = {"LD_PRELOAD": str(faketime_library()), "FAKETIME": faketime}
    right = dict(installation.environment)
    installation.environment |= changed
    try:
        yield
    finally:
        installation.environment.clear()
        installation.environment.update(right)


@pytest.fixture
def serving(installation, tmp_path):
    model = train_here(tmp_path / "model", loans(40), model="linear")
    installation.run(PREPARE.format(model=str(model)))
    return installation


@pytest.mark.parametrize(("faketime", "ahead"), [("+2h", 7200), ("-2h", -7200)])
def test_a_process_with_a_wrong_clock_says_so_and_switches_nothing(
    serving, faketime, ahead
):
    on_postgres = "DATABASE_URL" in serving.environment
    with another_clock(serving, faketime):
        there = serving.run(TRY)
    here = serving.run(ASK)

    assert there["refused"] == "clock_wrong"
    assert there["periods"] == 1
    assert [round(each, -1) for each in there["readings"]] == [ahead]
    assert "clock" in there["checks"]
    assert here["chain"] == [True, 0]
    if on_postgres or ahead > 0:  # else it takes the others' events for future ones
        assert there["chain"] == [True, 0]
    assert here["serves"] == [1]
    assert "clock" in here["checks"]  # told by who looks from another process
    assert here["wrong"] == 1
    stamped_by_server = abs(there["at"] - here["now"]) < 600
    assert stamped_by_server == on_postgres  # SQLite has no clock but the process's


def test_a_clock_set_right_is_told_and_switches_again(serving):
    with another_clock(serving, "+2h"):
        serving.run(TRY)
    there = serving.run(TRY)
    assert there["refused"] == ""
    assert there["readings"] == []
    assert serving.run(ASK)["serves"] == [2]


def test_what_begins_in_the_future_is_told_and_put_right(serving):
    serving.run(SWITCH_IN_FUTURE)
    before = serving.run(ASK)
    refused = serving.run(TRY)

    moments = serving.run(PUT_RIGHT)
    after = serving.run(ASK)

    assert "serving_times" in before["checks"]
    assert before["serves"] == [1]
    assert refused["refused"] == "period_in_future"
    assert after["serves"] == [1]  # the newest of the two, selected last
    assert "serving_times" not in after["checks"]
    assert moments[1:3] == moments[3:5]  # no gap
    assert serving.run(TRY)["refused"] == ""
