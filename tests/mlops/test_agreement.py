"""Agreement in production: which case counts for which period, and what is counted."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.evaluation import agreement
from mlops.models import ServingPeriod
from mlops.pages.shared import production
from tests.apis import Api, person
from tests.mlops.production import decided, recommended, serve, some_versions
from training.models import Case, Review
from training.services.cases.approvals import reject_case, withdraw_approval
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


def counted(limit=agreement.PERIODS):
    """(decided, agreed) by period, the oldest first."""
    found = agreement.count(agreement.newest_spans(limit)).periods
    return [(each.decided, each.agreed) for _period, each in reversed(found)]


def test_nothing_is_counted_before_the_first_model_serves():
    assert agreement.of_open_period() is None
    assert production.card() is None


def test_a_case_in_the_very_moment_of_a_switch_counts_once_for_who_recommended_it(rita):
    first, second = some_versions(2)
    serve(first, START)
    serve(second, START + HOUR)

    decided(recommended(first, START + HOUR), rita)  # asked before, kept after
    decided(recommended(second, START + HOUR), rita, "deny")
    decided(recommended(first, START + HOUR + TICK), rita, "deny")

    assert counted() == [(2, 1), (1, 0)]


def test_what_serves_again_counts_its_cases_where_they_came_in(rita):
    first, second = some_versions(2)
    for place, version in enumerate([first, second, first]):
        serve(version, START + place * HOUR)
    again = START + 2 * HOUR

    decided(recommended(first, START), rita)
    decided(recommended(first, again - TICK), rita, "deny")  # as second served
    decided(recommended(first, again), rita)
    decided(recommended(second, again), rita)  # asked before, kept after

    assert counted() == [(2, 1), (1, 1), (1, 1)]


def test_only_standing_decisions_of_people_count(rita):
    version = some_versions(1)[0]
    serve(version, START)
    at = START + HOUR

    decided(recommended(version, at), rita, "approve", source="replay")
    reject_case(recommended(version, at), by=rita)
    recommended(version, at)
    withdraw_approval(decided(recommended(version, at), rita), by=rita)
    decided(recommended(version, at), rita, confidence=0.3)  # waits for a second one
    decided(recommended(version, at), rita, source="api")
    again = withdraw_approval(decided(recommended(version, at), rita), by=rita).case
    decided(again, rita, "deny")

    assert counted() == [(2, 1)]


def test_the_blind_decisions_are_counted_by_themselves_too(rita):
    version = some_versions(1)[0]
    serve(version, START)
    decided(recommended(version, START, blind=True), rita, "approve")
    decided(recommended(version, START, blind=True), rita, "deny")
    decided(recommended(version, START, blind=True), rita, source="api")  # it was seen
    decided(recommended(version, START), rita, "refer")

    found = agreement.of_open_period()[1]

    assert (found.decided, found.agreed) == (4, 2)
    assert (found.blind_decided, found.blind_agreed) == (2, 1)
    assert found.commonest_rate == 0.5
    assert found.blind.low < 0.5 < found.blind.high


def by_hand():
    """The same by looking at one case after the other."""
    periods = list(ServingPeriod.objects.order_by("since"))
    found = {period.pk: [0, 0, Counter()] for period in periods}
    for case in Case.objects.filter(status="approved"):
        last = case.reviews.order_by("-pk").first()
        begun = [
            period
            for period in periods
            if period.model_version_id == case.recommender_id
            and period.since <= case.created_at
        ]
        if begun and last.source != "replay":
            row = found[begun[-1].pk]
            row[0] += 1
            row[1] += case.decision == case.recommended_decision
            row[2][case.decision] += 1
    return [
        (n, agreed, max(decisions.values(), default=0))
        for n, agreed, decisions in found.values()
    ]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    turns=st.lists(st.integers(0, 2), min_size=1, max_size=6),
    cases=st.lists(
        st.tuples(
            st.integers(0, 2),  # which version recommended it
            st.integers(0, 5),  # at which switch it came in
            st.integers(-1, 1),  # and how many microseconds from it
            st.sampled_from(["", "deny", "refer"]),
            st.sampled_from(["page", "api", "replay"]),
        ),
        max_size=12,
    ),
)
def test_the_count_is_the_one_made_by_hand(turns, cases):
    with transaction.atomic():
        reviewer = person("Reviewer")
        versions = some_versions(3)
        for place, which in enumerate(turns):
            serve(versions[which], START + place * HOUR)
        for which, place, ticks, decision, source in cases:
            at = START + place * HOUR + ticks * TICK
            decided(recommended(versions[which], at), reviewer, decision, source)

        found = agreement.count(agreement.newest_spans()).periods

        assert [
            (each.decided, each.agreed, each.commonest)
            for _period, each in reversed(found)
        ] == by_hand()
        transaction.set_rollback(True)


def test_so_many_periods_take_as_many_queries_as_a_few(rita):
    versions = some_versions(5)
    taken = []
    for until in (10, 100):
        for place in range(ServingPeriod.objects.count(), until):
            serve(versions[place % 5], START + place * HOUR)
        decided(recommended(versions[4], START + until * HOUR), rita)
        with CaptureQueriesContext(connection) as queries:
            counted(limit=100)
            production.card()
        taken.append(len(queries))

    assert taken[0] == taken[1] <= 10


def test_the_chart_adds_up_to_the_table(rita, clock):
    first, second = some_versions(2)
    serve(first, START)
    serve(second, START + timedelta(days=2))
    for day in range(4):
        version = first if day < 2 else second
        for _ in range(day + 4):
            decided(recommended(version, START + timedelta(days=day)), rita)
    clock.set(START + timedelta(days=4))

    card = production.card()

    points = [point.share.of if point.share else 0 for point in card["curve"].points]
    assert points == [4, 5, 6, 7, 0]
    assert [point.is_thin for point in card["curve"].points][:2] == [True, False]
    assert sum(points) == sum(found.decided for _period, found in card["periods"])
    assert [switch.label for switch in card["curve"].switches] == ["v1", "v2"]
    assert card["curve"].is_daily


def test_a_long_time_is_charted_by_the_week_and_no_further_back_than_said(rita, clock):
    first, second = some_versions(2)
    serve(first, START)
    serve(second, START + timedelta(days=200))
    decided(recommended(first, START), rita)
    decided(recommended(second, START + timedelta(days=330)), rita)
    clock.set(START + timedelta(days=365))

    card = production.card()

    assert not card["curve"].is_daily
    assert len(card["curve"].points) <= 30
    assert sum(point.share.of for point in card["curve"].points if point.share) == 1
    assert [found.decided for _period, found in card["periods"]] == [1, 1]
    assert card["curve"].switches == []


def read(version, rita, seconds, at):
    case = decided(recommended(version, at), rita, "approve")
    stated = {"action": "reject", "source": "page", "by": rita}
    Review.objects.create(case=case, active_seconds=seconds, at=at, **stated)


def test_the_api_tells_the_share_of_short_reviews_of_each_period(rita):
    caller, versions = Api(rita), some_versions(2)
    for place, version in enumerate(versions):
        serve(version, START + place * HOUR)
    read(versions[0], rita, 3, START)
    read(versions[0], rita, 9, START + HOUR - TICK)
    read(versions[0], rita, 10, START + TICK)
    read(versions[1], rita, 2, START + HOUR)
    read(versions[1], rita, None, START + HOUR)  # not measured

    now, before = caller.get("serving/agreement").json()["periods"]

    assert (now["short_reviews"]["measured"], now["short_reviews"]["short"]) == (1, 1)
    told = before["short_reviews"]
    assert (told["under_seconds"], told["measured"], told["short"]) == (10, 3, 2)
    assert told["low"] < told["rate"] < told["high"]
    assert len(caller.get("serving/agreement", limit=1).json()["periods"]) == 1

    change_policy(by=None, short_review_seconds=3)
    now, before = caller.get("serving/agreement").json()["periods"]
    assert (before["short_reviews"]["short"], now["short_reviews"]["short"]) == (0, 1)


def test_where_nothing_was_measured_there_is_no_share(rita):
    serve(some_versions(1)[0], START)
    [period] = Api(rita).get("serving/agreement").json()["periods"]
    told = period["short_reviews"]
    assert (told["measured"], told["short"], told["rate"]) == (0, 0, None)
