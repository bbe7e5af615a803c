"""The blind share: which cases are shown without the recommendation, until when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.serving.selection import select_version
from tests.apis import Api, a_case, a_model_version, a_sealed_version, case_body, person
from tests.database import refuses, run_sql
from tests.mlops.production import decided
from training.choices import DecisionBasis, ReviewSource
from training.errors import NotAllowedNow
from training.models import Case, Review, TrainingPolicy
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    is_held_out,
    reject_case,
    request_changes,
    withdraw_approval,
)
from training.services.cases.blind_share import falls_in_share
from training.services.cases.intake import correct_case, parse_case, post_case
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


@pytest.fixture
def serves(rita, two_model_directories):
    """A version that recommends a decision for each new case."""
    version = a_model_version(a_sealed_version(rita, size=2), two_model_directories[0])
    select_version(version, by=person("Operator"))
    return version


def share(value):
    change_policy(by=None, blind_share=value)


@pytest.fixture
def blind_case(serves):
    share(1.0)
    return a_case(recommendation=None)


def test_about_as_many_cases_are_blind_as_were_asked_for():
    ids = [f"BOS-{number:05}" for number in range(2000)]

    chosen = sum(falls_in_share(each, 0.05) for each in ids)

    assert 70 <= chosen <= 130  # 100 expected, give or take three deviations


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_keeps_the_cases_of_a_smaller_one(external_id, one, other):
    small, large = sorted([one, other])

    if falls_in_share(external_id, small):
        assert falls_in_share(external_id, large)
    assert not falls_in_share(external_id, 0)
    assert falls_in_share(external_id, 1)


def test_the_blind_share_has_nothing_to_do_with_the_held_out_cases(settings):
    settings.EVAL_SHARE = 50
    ids = [f"BOS-{number:05}" for number in range(2000)]

    both = sum(is_held_out(each) and falls_in_share(each, 0.5) for each in ids)

    assert 430 <= both <= 570


def test_one_in_twenty_is_blind_unless_the_policy_says_otherwise():
    assert TrainingPolicy.objects.get().blind_share == 0.05


def test_a_share_of_nothing_shows_every_recommendation(serves):
    share(0.0)

    assert not a_case(recommendation=None).blind


NEARLY_ALL = 1 - 1e-12


def test_of_a_share_only_what_a_model_of_ours_recommends_is_kept_back(serves):
    share(NEARLY_ALL)

    assert not a_case().blind  # it brought its recommendation along
    assert a_case(recommendation=None).blind


def test_without_a_serving_model_no_case_is_of_the_share():
    share(NEARLY_ALL)

    assert not a_case(recommendation=None).blind


def test_always_ones_own_opinion_first_whoever_recommends(serves):
    share(1.0)

    assert a_case().hides_recommendation
    assert a_case(recommendation=None).hides_recommendation


def test_always_means_a_recommendation_that_comes_with_a_correction_too(rita):
    share(1.0)
    case = a_case(external_id="X-1", recommendation=None)
    assert case.blind
    assert not case.hides_recommendation  # there is nothing to hide

    case = correct_case(case, parse_case(case_body("X-1")), by=rita)

    assert case.hides_recommendation
    with pytest.raises(NotAllowedNow, match="nothing to agree with"):
        decided(case, rita)
    decided(case, rita, "deny")
    assert (case.judged, case.shows_recommendation) == (DecisionBasis.BLIND, True)


def test_where_nothing_was_recommended_a_decision_is_not_called_blind(rita):
    share(1.0)

    case = decided(a_case(recommendation=None), rita, "deny")

    assert (case.judged, case.reviews.get().blind) == (DecisionBasis.SEEN, False)


def test_a_case_stays_blind_whatever_becomes_of_the_policy_and_of_its_facts(blind_case):
    share(0.0)
    changed = case_body(
        blind_case.external_id,
        facts=[{"name": "income", "value": 1}],
        recommendation=None,
    )

    correct_case(blind_case, parse_case(changed), by=None)
    again, created = post_case(parse_case(changed), by=None)

    assert (again.blind, created) == (True, False)
    refuses(lambda: Case.objects.update(blind=False))
    refuses(lambda: run_sql("UPDATE training_case SET blind = NOT blind"))


def test_a_decision_on_the_page_is_blind_until_somebody_has_decided(blind_case, rita):
    assert blind_case.hides_recommendation

    decided(blind_case, rita, "deny")
    withdraw_approval(blind_case, by=rita, source=ReviewSource.PAGE)
    assert not blind_case.hides_recommendation  # it has been seen
    decided(blind_case, rita)

    told = list(Review.objects.filter(case=blind_case).order_by("pk"))
    assert [review.blind for review in told] == [True, False, False]
    assert blind_case.judged == DecisionBasis.SEEN


def test_whoever_sends_a_blind_case_back_does_not_uncover_it(blind_case, rita):
    request_changes(blind_case, by=rita, source=ReviewSource.PAGE)

    assert blind_case.hides_recommendation
    assert Review.objects.get(case=blind_case).blind


def test_rejecting_a_blind_case_is_a_decision(blind_case, rita):
    reject_case(blind_case, by=rita, source=ReviewSource.PAGE)

    assert (blind_case.judged, blind_case.hides_recommendation) == ("blind", False)


def test_an_unsure_first_opinion_leaves_the_second_reviewer_blind(blind_case, rita):
    decided(blind_case, rita, "deny", confidence=0.3)
    assert blind_case.hides_recommendation

    decided(blind_case, person("Reviewer"), "approve")

    assert blind_case.judged == DecisionBasis.BLIND


def test_a_second_opinion_on_one_that_saw_the_recommendation_is_not_blind(
    blind_case, rita
):
    decided(blind_case, rita, source=ReviewSource.API, confidence=0.3)

    decided(blind_case, person("Reviewer"), "approve")

    assert blind_case.judged == DecisionBasis.SEEN


@pytest.mark.parametrize("way", ["page", "bulk", "admin"])
def test_nobody_agrees_with_what_is_not_shown(blind_case, rita, way):
    with pytest.raises(NotAllowedNow, match="nothing to agree with"):
        approve_case(blind_case, ReviewInput(), by=rita, source=way)

    assert not blind_case.reviews.exists()


def test_through_the_api_a_blind_case_is_accepted_as_it_is(blind_case, rita):
    caller = Api(rita)
    shown = caller.get(f"cases/{blind_case.pk}").json()

    answer = caller.post(f"approvals/cases/{blind_case.pk}/approve")

    case = caller.get(f"cases/{blind_case.pk}").json()
    assert shown["blind"] is True
    assert shown["recommendation"]["decision"] == case["decision"]
    assert (answer.status_code, case["review"]["blind"]) == (200, False)


def test_the_database_knows_what_blind_can_mean(blind_case, rita):
    share(0.0)
    seen = a_case(recommendation={"decision": "deny"})

    refuses(lambda: Case.objects.filter(pk=seen.pk).update(judged="blind"))
    refuses(lambda: Case.objects.filter(pk=seen.pk).update(judged="guessed"))
    refuses(
        lambda: Review.objects.create(
            case=blind_case, action="reject", source="api", by=rita, blind=True
        )
    )
    refuses(lambda: TrainingPolicy.objects.update(blind_share=1.5))
