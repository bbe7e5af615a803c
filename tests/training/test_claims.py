"""Having a case open: of two at once one has it, it lapses, and it forbids nothing."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from tests.apis import a_case, an_approved_case, person
from tests.installation import Installation
from training.errors import StaleState
from training.models import AuditEvent, CaseClaim
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.claims import (
    claim_case,
    open_with,
    release_case,
    take_over,
)


@pytest.fixture
def rita(db):
    return person("Reviewer", "rita")


@pytest.fixture
def bob(db):
    return person("Reviewer", "bob")


def lapse(case):
    CaseClaim.objects.filter(case=case).update(until=Now() - timedelta(seconds=1))


def test_the_first_one_has_it_and_the_second_learns_who(rita, bob):
    case = a_case()

    assert claim_case(case, by=rita).by == rita
    assert claim_case(case, by=bob).by == rita
    assert open_with(case, reader=bob).by == rita
    assert open_with(case, reader=rita) is None


def test_asking_again_makes_it_last_longer_and_keeps_its_beginning(rita):
    case = a_case()
    first = claim_case(case, by=rita)
    CaseClaim.objects.update(until=Now() + timedelta(seconds=1))

    again = claim_case(case, by=rita)

    assert (again.pk, again.since) == (first.pk, first.since)
    assert again.until - first.until < timedelta(minutes=1)
    assert again.until - again.since > timedelta(minutes=2)


def test_a_lapsed_claim_is_free_and_begins_anew(rita, bob):
    case = a_case()
    before = claim_case(case, by=rita)
    lapse(case)

    assert open_with(case, reader=bob) is None
    after = claim_case(case, by=bob)

    assert after.by == bob
    assert after.since >= before.since
    assert open_with(case, reader=rita).by == bob


def test_taking_over_is_told_to_the_other_and_kept(rita, bob):
    case = a_case()
    claim_case(case, by=rita)

    take_over(case, by=bob)

    assert claim_case(case, by=rita).by == bob
    event = AuditEvent.objects.get(action="case.taken_over")
    assert (event.actor, event.detail) == (bob, {"user": "rita"})


def test_taking_what_nobody_has_is_no_event(bob):
    take_over(a_case(), by=bob)

    assert not AuditEvent.objects.filter(action="case.taken_over").exists()


def test_a_claim_stops_no_decision(rita, bob):
    case = a_case()
    claim_case(case, by=rita)

    approve_case(case, ReviewInput("deny"), by=bob)

    case.refresh_from_db()
    assert case.decision == "deny"


def test_what_is_decided_is_not_claimed(rita, bob):
    case = an_approved_case(rita)

    with pytest.raises(StaleState, match="decided meanwhile"):
        claim_case(case, by=bob)
    assert not CaseClaim.objects.exists()


def test_who_waits_for_a_second_opinion_does_not_claim(rita, bob):
    case = a_case()
    approve_case(case, ReviewInput(confidence=0.1), by=rita)

    with pytest.raises(StaleState):
        claim_case(case, by=rita)
    assert claim_case(case, by=bob).by == bob


def test_given_back_it_is_free(rita, bob):
    case = a_case()
    claim_case(case, by=rita)

    release_case(case)

    assert claim_case(case, by=bob).by == bob


AT_ONCE = """
from threading import Barrier, Thread
from django.contrib.auth.models import User
from django.db import connection
from training.models import Case, CaseClaim
from training.services.cases.intake import parse_case, post_case
from training.services.cases.claims import claim_case
people = [User.objects.create_superuser(f"p{n}") for n in range(6)]
rounds = []
for n in range(5):
    facts = [{"name": "a", "value": n}]
    case, _ = post_case(parse_case({"external_id": f"C-{n}", "facts": facts}), by=None)
    said, barrier = [], Barrier(len(people))
    def play(me):
        connection.ensure_connection()
        barrier.wait()
        try:
            said.append(claim_case(case, by=me).by_id == me.pk)
        except BaseException as error:
            said.append(repr(error))
        finally:
            connection.close()
    threads = [Thread(target=play, args=(each,)) for each in people]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    rounds.append(sorted(map(str, said)))
answer = [rounds, CaseClaim.objects.count()]
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def test_of_several_who_claim_at_once_one_gets_it(database, request, tmp_path):
    environment = {}
    if database == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    here = Installation(tmp_path, **environment)
    try:
        here.manage("migrate", "--verbosity", "0")
        rounds, claims = here.run(AT_ONCE)
    finally:
        here.stop()

    assert rounds == [["False"] * 5 + ["True"]] * 5
    assert claims == 5
