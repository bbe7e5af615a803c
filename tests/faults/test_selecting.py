"""Twenty processes select at the same moment, each another version."""

import pytest

from tests.trainers.samples import loans, train_here

PEOPLE = 20
pytestmark = pytest.mark.long

PREPARE = """
from pathlib import Path
from tests.apis import a_model_version
from training.models import DatasetVersion
dataset, files = DatasetVersion.objects.sealed().get(), Path({model!r})
versions = [a_model_version(dataset, files) for _ in range({people})]
"""
RACE = """
from multiprocessing import get_context
from django.contrib.auth.models import User
from django.db import connections
from mlops.models import ModelVersion, ServingPeriod
from mlops.serving.selection import select_version
from training.models import AuditEvent

def select(pk, together):
    version, alice = ModelVersion.objects.get(pk=pk), User.objects.get()
    together.wait()
    select_version(version, by=alice, reason=f"by process {pk}")

context = get_context("fork")
ids = list(ModelVersion.objects.values_list("pk", flat=True))
together = context.Barrier(len(ids))
connections.close_all()
children = [context.Process(target=select, args=(pk, together)) for pk in ids]
for child in children:
    child.start()
for child in children:
    child.join()
told = AuditEvent.objects.filter(action="serving.selected").order_by("pk")
answer = {
    "ends": [child.exitcode for child in children],
    "open": ServingPeriod.objects.open().count(),
    "periods": [
        [period.pk, period.follows_id, period.below_id, str(period.since),
         str(period.until), str(period.model_version), period.reason]
        for period in ServingPeriod.objects.order_by("since")
    ],
    "audit": [
        [event.detail["period"], event.detail["before"], event.detail["reason"]]
        for event in told
    ],
    "chain": [event.pk for event in told],
}
"""


@pytest.fixture
def raced(installation, tmp_path):
    model = train_here(tmp_path / "model", loans(40), model="linear")
    installation.run(PREPARE.format(model=str(model), people=PEOPLE))
    return installation.run(RACE)


def test_of_twenty_selects_at_once_each_takes_its_turn_and_one_serves(raced):
    assert raced["ends"] == [0] * PEOPLE
    assert raced["open"] == 1
    assert len(raced["periods"]) == len(raced["audit"]) == PEOPLE

    served = None
    before = [None, None]  # the period that was open, and when it ended
    for period, told in zip(raced["periods"], raced["audit"], strict=True):
        pk, follows, below, since, until, version, reason = period
        assert follows == below == before[0]
        assert before[1] in (None, since)  # neither a gap nor an overlap
        assert told == [pk, served, reason]  # in the order in which they served
        served, before = version, [pk, until]
    assert before[1] == "None"  # the last one serves
