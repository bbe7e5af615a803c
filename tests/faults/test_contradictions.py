"""Two people decide equal cases differently at the same moment."""

import pytest

CASES = """
from training.models import Case
from training.services.cases.intake import parse_case, post_case
facts = [{"name": "income", "value": 700}]
for name in ("T-1", "T-2"):
    post_case(parse_case({"external_id": name, "facts": facts}), by=None)
"""
BOTH = """
from threading import Event, Thread
from django.contrib.auth.models import User
from django.db import connections, transaction
from training.choices import ReviewSource
from training.models import Case, Sample
from training.services.cases.approvals import ReviewInput, record_approval
first_wrote, second_ended = Event(), Event()

def decide(name, decision):
    case, by = Case.objects.get(external_id=name), User.objects.get()
    record_approval(case, ReviewInput(decision), by=by, source=ReviewSource.API)

def first():
    try:
        with transaction.atomic():
            decide("T-1", "approve")
            first_wrote.set()
            second_ended.wait(1.5)  # as long as the other may need to run ahead
    finally:
        connections.close_all()

def second():
    try:
        first_wrote.wait()
        decide("T-2", "deny")
    finally:
        second_ended.set()
        connections.close_all()

threads = [Thread(target=first), Thread(target=second)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
found = Sample.objects.filter(case__external_id__startswith="T-")
answer = dict(found.values_list("case__external_id", "gate_status"))
"""


@pytest.mark.long
def test_the_second_of_two_contradictory_approvals_sees_the_first(installation):
    installation.run(CASES)
    assert installation.run(BOTH) == {"T-1": "candidate", "T-2": "needs_review"}
