"""Before a switch, the target answers cases that people reviewed; what that says."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mlops.models import ModelVersion, Rehearsal, ServingPeriod
from mlops.predictor_cache import STORE, load_directory
from mlops.serving import periods, rehearsals, selection
from mlops.serving.rehearsals import rehearse
from tests.apis import a_case, person
from tests.database import refuses
from tests.mlops.rehearsals import SECRET, decided, reviewed_loans, two_versions
from tests.trainers.samples import facts
from training.choices import ReviewSource
from training.errors import InvalidInput, NotAllowedNow
from training.models import AuditEvent, Case, Sample
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    reject_case,
    withdraw_approval,
)
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    with stage.building():
        rita, ada = person("Reviewer", "rita"), person("Admin", "ada")
        learnt = reviewed_loans(rita, 10, seed=3)
        return learnt, two_versions(two_model_directories, ada)


@pytest.fixture
def rita(staged, on_stage):
    return User.objects.get(username="rita")


@pytest.fixture
def ada(staged, on_stage):
    return User.objects.get(username="ada")


@pytest.fixture
def learnt(staged, on_stage):
    """What the versions were made of, unless it was held out."""
    return [Case.objects.get(pk=case.pk) for case in staged[0]]


@pytest.fixture
def versions(staged, on_stage):
    STORE.clear()
    return [ModelVersion.objects.get(pk=version.pk) for version in staged[1]]


@pytest.fixture
def first_serves(versions, ada):
    selection.select_version(versions[0], by=ada)
    return versions


def answers(directory, cases):
    """Each case asked alone, of a predictor of its own."""
    predictor = load_directory(directory)
    return [predictor.predict([case.facts])[0].decision for case in cases]


def test_the_counts_are_those_of_an_independent_recomputation(
    first_serves, learnt, rita, ada, two_model_directories
):
    cases = [*learnt, *reviewed_loans(rita, 60)]

    found = rehearse(first_serves[1], by=ada, cases=50)

    newest = list(reversed(cases))[:50]
    now, then = (answers(files, newest) for files in two_model_directories)
    changed, away, towards, expected = 0, 0, 0, []
    for case, before, after in zip(newest, now, then, strict=True):
        case.refresh_from_db()
        if before != after:
            changed += 1
            away += before == case.decision
            towards += after == case.decision
            expected.append((case.pk, case.decision, before, after))
    trained_on = Sample.objects.filter(held_out=False, case__in=learnt)
    in_both = {sample.case_id for sample in trained_on} & {case.pk for case in newest}
    assert (found.cases, found.changed) == (50, changed)
    assert (found.away, found.towards, found.learnt) == (away, towards, len(in_both))
    assert min(away, towards) > 0
    rows = [
        tuple(row[k] for k in ("case", "decided", "now", "then")) for row in found.rows
    ]
    assert rows == expected
    assert (found.serving, found.imported) == (first_serves[0], 0)


def test_what_the_version_was_trained_on_is_counted(first_serves, learnt, rita, ada):
    reviewed_loans(rita, 5)

    found = rehearse(first_serves[1], by=ada)

    held_out = Sample.objects.filter(held_out=True, case__in=learnt).count()
    assert (found.cases, found.learnt) == (15, 10 - held_out)
    assert found.learnt > 0


def test_only_cases_that_a_person_decided_count_while_there_are_enough(
    first_serves, rita, ada
):
    people = reviewed_loans(rita, 3, seed=4)
    reviewed_loans(rita, 5, source=ReviewSource.REPLAY)
    reject_case(a_case(by=ada), by=rita)
    a_case(by=ada)
    withdraw_approval(people[0], by=rita)

    enough = rehearse(first_serves[1], by=ada, cases=12)
    too_few = rehearse(first_serves[1], by=ada, cases=14)

    assert (enough.cases, enough.imported) == (12, 0)
    assert (too_few.cases, too_few.imported) == (14, 2)


def test_a_case_decided_twice_counts_once_with_its_last_decision(
    versions, learnt, rita, ada
):
    case, last = learnt[-1], "neither of them"
    withdraw_approval(case, by=rita)
    approve_case(case, ReviewInput(decision=last, confidence=0.95), by=rita)

    found = rehearse(versions[1], by=ada)

    assert found.cases == 10
    assert [r["decided"] for r in found.rows if r["case"] == case.pk] == [last]


def test_where_nothing_serves_the_reviewers_decisions_are_what_it_is_compared_with(
    versions, rita, ada, two_model_directories
):
    cases = reviewed_loans(rita, 30)

    found = rehearse(versions[0], by=ada, cases=30)

    wrong = sum(
        answer != case.decision
        for answer, case in zip(
            answers(two_model_directories[0], cases), cases, strict=True
        )
    )
    assert (found.serving, found.period) == (None, None)
    assert (found.changed, found.away, found.towards) == (wrong, wrong, 0)
    assert {row["now"] for row in found.rows} == {None}
    assert wrong > 0


def test_more_differences_than_are_kept_are_counted_all(
    versions, rita, ada, monkeypatch
):
    monkeypatch.setattr(rehearsals, "MOST_ROWS", 3)
    newest = [decided(rita, "another", facts(income=n)) for n in range(5)]

    found = rehearse(versions[0], by=ada, cases=5)

    assert found.changed == 5
    assert [row["case"] for row in found.rows] == [c.pk for c in newest[:1:-1]]


def test_what_serves_already_is_not_rehearsed(first_serves, ada):
    with pytest.raises(NotAllowedNow, match="serves already"):
        rehearse(first_serves[0], by=ada)


@pytest.mark.parametrize("cases", [0, -1, 1001])
def test_a_number_of_cases_out_of_bounds_is_refused(first_serves, ada, cases):
    with pytest.raises(InvalidInput, match="1 to 1,000"):
        rehearse(first_serves[1], by=ada, cases=cases)


def delete_files(version):
    for file in version.run.artifacts:
        storages["artifacts"].delete(f"{version.run.artifact_prefix}/{file['path']}")
    STORE.clear()


def test_a_version_that_cannot_be_loaded_is_refused_and_nothing_is_written(
    first_serves, ada
):
    delete_files(first_serves[1])

    with pytest.raises(rehearsals.CannotRehearse, match="Its model files are gone"):
        rehearse(first_serves[1], by=ada)

    assert not Rehearsal.objects.exists()
    assert not AuditEvent.objects.filter(action="serving.rehearsed").exists()


def test_what_serves_may_be_broken_for_then_people_look_for_another(first_serves, ada):
    delete_files(first_serves[0])

    found = rehearse(first_serves[1], by=ada)

    assert found.serving is None
    assert found.period == selection.current_period()
    assert found.is_fresh


def test_a_rehearsal_is_audited_with_what_it_found(first_serves, ada):
    found = rehearse(first_serves[1], by=ada)

    event = AuditEvent.objects.get(action="serving.rehearsed")
    assert (event.actor, event.subject_id) == (ada, str(first_serves[1].pk))
    assert event.detail["cases"] == found.cases
    assert event.detail["before"] == str(first_serves[0])


class Listening:
    """A predictor that keeps what it was asked."""

    def __init__(self, predictor):
        self.decisions, self._predictor, self.asked = predictor.decisions, predictor, []

    def predict(self, cases):
        self.asked += cases
        return self._predictor.predict(cases)


def test_protected_attributes_reach_no_predictor_and_no_row(
    first_serves, rita, ada, two_model_directories
):
    reviewed_loans(rita, 20)
    ears = [Listening(load_directory(files)) for files in two_model_directories]
    for version, listening in zip(first_serves, ears, strict=True):
        STORE.store(version.pk, listening)

    found = rehearse(first_serves[1], by=ada, cases=20)

    asked = json.dumps([listening.asked for listening in ears])
    assert [len(listening.asked) for listening in ears] == [20, 20]
    assert "income" in asked
    assert "afam" not in asked
    assert SECRET not in asked
    assert found.rows
    assert "afam" not in json.dumps(found.rows)
    assert SECRET not in json.dumps(found.rows)


def test_more_cases_do_not_mean_more_queries(first_serves, rita, ada):
    reviewed_loans(rita, 40)
    rehearse(first_serves[1], by=ada, cases=5)

    with CaptureQueriesContext(connection) as few:
        rehearse(first_serves[1], by=ada, cases=5)
    with CaptureQueriesContext(connection) as many:
        rehearse(first_serves[1], by=ada, cases=45)

    assert len(many) == len(few)


def test_a_rehearsal_is_fresh_for_a_day(first_serves, ada, clock):
    found = rehearse(first_serves[1], by=ada)
    clock.set(found.at)

    clock.advance(hours=24)
    at_the_end = Rehearsal.objects.freshest(first_serves[1])
    clock.advance(microseconds=1)

    assert at_the_end == found
    assert Rehearsal.objects.freshest(first_serves[1]) is None
    assert not found.is_fresh


def test_a_rehearsal_of_another_version_says_nothing(first_serves, ada):
    rehearse(first_serves[1], by=ada)

    assert Rehearsal.objects.freshest(first_serves[0]) is None


def test_a_switch_and_the_switch_back_make_it_stale(first_serves, ada):
    first, second = first_serves
    found = rehearse(second, by=ada)
    assert found.is_fresh

    selection.select_version(second, by=ada)
    selection.roll_back(by=ada)

    assert selection.current_period().model_version == first  # as when it was rehearsed
    assert not found.is_fresh
    assert Rehearsal.objects.freshest(second) is None


def test_one_from_before_the_first_select_is_stale_after_it(versions, ada):
    first, second = versions
    found = rehearse(second, by=ada)
    assert found.is_fresh

    selection.select_version(first, by=ada)

    assert not found.is_fresh


def test_every_switch_keeps_what_was_rehearsed_of_it(first_serves, ada):
    first, second = first_serves
    rehearse(second, by=ada)
    newest = rehearse(second, by=ada)
    selected, _changed = selection.select_version(second, by=ada)
    before_going_back = rehearse(first, by=ada)
    rolled_back = selection.roll_back(by=ada)
    with transaction.atomic():
        taken_over = selection.take_over(
            second, from_=selection.lock_current(), reason="Better."
        )

    assert selected.rehearsal == newest
    assert rolled_back.rehearsal == before_going_back
    assert taken_over.rehearsal is None


class TestWhereThePolicyAsksForIt:
    @pytest.fixture(autouse=True)
    def required(self, first_serves, ada):
        change_policy(by=ada, rehearsal_required=True)

    def test_a_select_without_one_is_refused(self, first_serves, ada):
        first, second = first_serves

        with pytest.raises(NotAllowedNow, match="must be rehearsed first") as refusal:
            selection.select_version(second, by=ada)

        assert refusal.value.code == "rehearsal_needed"
        assert selection.current_period().model_version == first

    def test_a_select_after_one_goes_through(self, first_serves, ada):
        rehearse(first_serves[1], by=ada)

        selection.select_version(first_serves[1], by=ada)

        assert selection.current_period().model_version == first_serves[1]

    def test_a_stale_one_does_not_count(self, first_serves, ada, clock):
        clock.set(rehearse(first_serves[1], by=ada).at)
        clock.advance(hours=25)

        with pytest.raises(NotAllowedNow):
            selection.select_version(first_serves[1], by=ada)

    def test_selecting_what_serves_still_changes_nothing(self, first_serves, ada):
        assert selection.select_version(first_serves[0], by=ada)[1] is False

    def test_a_rollback_never_waits_for_one(self, first_serves, ada):
        rehearse(first_serves[1], by=ada)
        selection.select_version(first_serves[1], by=ada)

        assert selection.roll_back(by=ada).model_version == first_serves[0]

    def test_automatic_promotion_has_a_comparison_of_its_own(self, first_serves, ada):
        with transaction.atomic():
            selection.take_over(
                first_serves[1], from_=selection.lock_current(), reason="Better."
            )

        assert selection.current_period().model_version == first_serves[1]


def test_the_database_keeps_a_rehearsal_as_it_was(first_serves, ada):
    found = rehearse(first_serves[1], by=ada)

    refuses(lambda: Rehearsal.objects.filter(pk=found.pk).update(away=0, by=None))
    refuses(lambda: Rehearsal.objects.filter(pk=found.pk).delete())


def test_the_database_keeps_a_period_with_its_rehearsal(first_serves, ada):
    first, second = first_serves
    of_second = rehearse(second, by=ada)
    period, _changed = selection.select_version(second, by=ada)
    of_first = rehearse(first, by=ada)
    mine = ServingPeriod.objects.filter(pk=period.pk)

    refuses(lambda: mine.update(until=of_first.at, rehearsal=None))
    selection.select_version(first, by=ada)
    last = selection.current_period()
    ServingPeriod.objects.filter(pk=last.pk).update(until=last.since + periods.TICK)
    following = {"since": last.since + periods.TICK, "follows": last, "kind": "select"}
    refuses(
        lambda: ServingPeriod.objects.create(
            model_version=first, rehearsal=of_second, **following
        )
    )


def test_the_database_refuses_counts_that_do_not_fit(first_serves, ada):
    found = rehearse(first_serves[1], by=ada)
    for wrong in (
        {"changed": found.cases + 1},
        {"changed": 1, "away": 1, "towards": 1},
        {"imported": found.cases + 1},
        {"learnt": found.cases + 1},
    ):
        columns = {"changed": 0, "away": 0, "towards": 0, "imported": 0, "learnt": 0}
        refuses(
            lambda wrong={**columns, **wrong}: Rehearsal.objects.create(
                model_version=first_serves[1], cases=found.cases, **wrong
            )
        )
