"""Rehearsal on the pages: before going back, before selecting, in the history."""

import pytest
from django.contrib.auth.models import User

from mlops.models import ModelVersion, Rehearsal
from mlops.predictor_cache import STORE
from mlops.serving import selection
from mlops.serving.rehearsals import rehearse
from tests.mlops.people import browser, by_htmx, signed_in, text
from tests.mlops.rehearsals import SECRET, decided, two_versions_and_reviews
from tests.trainers.samples import facts
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

MODELS = "/mlops/models/"
ROLL_BACK = "/mlops/models/roll-back/"


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    return two_versions_and_reviews(stage, two_model_directories)


@pytest.fixture
def theo(staged, on_stage):
    return signed_in(User.objects.get(username="theo"))


@pytest.fixture
def rita(staged, on_stage):
    return User.objects.get(username="rita")


@pytest.fixture
def versions(staged, on_stage):
    STORE.clear()
    return list(ModelVersion.objects.filter(pk__in=staged).order_by("pk"))


@pytest.fixture
def second_serves(versions, theo):
    for version in versions:
        selection.select_version(version, by=theo.user)
    return versions


def path(version, verb=""):
    return f"/mlops/models/{version.pk}/" + (f"{verb}/" if verb else "")


def told():
    found = Rehearsal.objects.latest("pk")
    return (
        f"Of {found.cases}, {found.changed} answers change; {found.away} of them away "
        "from what your reviewers decided."
    )


@pytest.mark.parametrize("page", [MODELS, "/mlops/"])
def test_going_back_can_be_rehearsed_in_place(theo, second_serves, page):
    first, _second = second_serves
    before = text(theo.get(page))

    answer = by_htmx(theo, path(first, "rehearse"))

    assert f'hx-post="{path(first, "rehearse")}"' in before
    assert answer.status_code == 200
    assert "<html" not in text(answer)
    assert told() in text(answer)
    assert path(first, "rehearsal") in text(answer)
    assert told() in text(theo.get(page))
    assert "Roll back to v1" in text(theo.get(page))


def test_without_javascript_it_leads_to_a_page_with_the_cases(theo, second_serves):
    first, _second = second_serves

    answer = theo.post(path(first, "rehearse"), follow=True)

    page, found = text(answer), Rehearsal.objects.get()
    assert answer.redirect_chain == [(path(first, "rehearsal"), 302)]
    assert told() in page
    assert "against loans v2" in page
    for row in answer.context["rows"]:
        assert f'<a href="/mlops/approvals/{row.case.pk}/"' in page
        assert row.case.title in page
    assert len(answer.context["rows"]) == found.changed
    assert SECRET not in page
    assert ROLL_BACK in page


def test_the_rows_say_which_answers_go_away_from_the_reviewers(theo, second_serves):
    theo.post(path(second_serves[0], "rehearse"))

    rows = theo.get(path(second_serves[0], "rehearsal")).context["rows"]

    found = Rehearsal.objects.get()
    verdicts = [row.verdict for row in rows]
    assert verdicts.count("worse") == found.away > 0
    assert verdicts.count("better") == found.towards > 0


def test_the_page_of_a_version_offers_it_beside_the_button_that_selects(theo, versions):
    first, second = versions
    selection.select_version(first, by=theo.user)
    before = text(theo.get(path(second)))

    by_htmx(theo, path(second, "rehearse"))

    after = text(theo.get(path(second)))
    assert "Rehearse first" in before
    assert path(second, "select") in before
    assert "Rehearse first" not in after
    assert told() in after
    assert path(second, "select") in after


def test_selecting_from_the_page_of_the_rehearsal_is_one_press(theo, versions):
    first, second = versions
    selection.select_version(first, by=theo.user)
    theo.post(path(second, "rehearse"))

    page = text(theo.get(path(second, "rehearsal")))
    theo.post(path(second, "select"), {"expected_current": first.pk})

    assert path(second, "select") in page
    assert selection.current_period().model_version == second


def test_the_history_tells_what_was_known_of_a_switch(theo, versions):
    first, second = versions
    selection.select_version(first, by=theo.user)
    found = rehearse(second, by=theo.user)
    selection.select_version(second, by=theo.user)

    page = text(theo.get(MODELS))

    short = (
        f"Rehearsed: {found.changed} of {found.cases} answers changed, "
        f"{found.away} away"
    )
    assert page.count(short) == 1


def test_what_is_stale_is_not_shown_where_one_presses_and_marked_on_its_page(
    theo, second_serves, clock
):
    first, _second = second_serves
    clock.set(rehearse(first, by=theo.user).at)
    clock.advance(hours=25)
    theo.force_login(theo.user)  # the sign-in of yesterday has ended

    models, page = text(theo.get(MODELS)), text(theo.get(path(first, "rehearsal")))

    assert told() not in models
    assert "Rehearse first" in models
    assert told() in page
    assert "it no longer says what would change now." in page


def test_a_refused_rehearsal_says_why_where_it_was_pressed(theo, second_serves):
    _first, second = second_serves

    in_place = by_htmx(theo, path(second, "rehearse"))
    page = text(theo.post(path(second, "rehearse"), follow=True))

    assert in_place.status_code == 409
    for answer in (text(in_place), page):
        assert "serves already: nothing would change." in answer
    assert not Rehearsal.objects.exists()


def test_the_page_says_what_to_bear_in_mind(theo, second_serves):
    person_reviewed = rehearse(second_serves[0], by=theo.user)
    page = text(theo.get(path(second_serves[0], "rehearsal")))

    learnt, cases = person_reviewed.learnt, person_reviewed.cases
    assert f"where it knows the answer: {learnt} of {cases}." in page
    assert "imported decisions count as well" not in page


def test_where_nothing_serves_it_is_compared_with_the_reviewers(theo, rita, versions):
    decided(rita, "another", facts(income=1))
    found = rehearse(versions[0], by=theo.user)

    page = text(theo.get(path(versions[0])))

    assert (
        f"Of {found.cases}, it answers {found.away} otherwise than your reviewers "
        "decided."
    ) in page


class TestWhereThePolicyAsksForIt:
    @pytest.fixture(autouse=True)
    def required(self, theo):
        change_policy(by=None, rehearsal_required=True)

    def test_the_way_to_select_leads_over_the_rehearsal(self, theo, versions):
        _first, second = versions
        models, one = text(theo.get(MODELS)), text(theo.get(path(second)))
        before = text(theo.get(path(second, "rehearsal")))

        after = text(theo.post(path(second, "rehearse"), follow=True))
        theo.post(path(second, "select"))

        for page in (models, one, before):
            assert path(second, "select") not in page
        assert path(second, "rehearsal") in models
        assert path(second, "rehearsal") in one
        assert path(second, "select") in after
        assert selection.current_period().model_version == second

    def test_a_select_that_was_not_rehearsed_is_refused(self, theo, versions):
        answer = by_htmx(theo, path(versions[0], "select"))

        assert answer.status_code == 409
        assert "must be rehearsed first" in text(answer)
        assert selection.current_period() is None

    def test_going_back_stays_one_click(self, theo, versions):
        for version in versions:
            rehearse(version, by=theo.user)
            selection.select_version(version, by=theo.user)

        page = text(theo.get(MODELS))
        theo.post(ROLL_BACK, {"expected_current": versions[1].pk})

        assert f'action="{ROLL_BACK}"' in page
        assert selection.current_period().model_version == versions[0]


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_who_may_not_switch_reads_what_was_rehearsed_and_tries_nothing(
    role, theo, second_serves
):
    first, _second = second_serves
    member = browser(role)
    offered = text(member.get(MODELS))

    refused = member.post(path(first, "rehearse"))
    rehearse(first, by=theo.user)

    assert refused.status_code == 403
    assert path(first, "rehearse") not in offered
    assert told() in text(member.get(MODELS))
    page = text(member.get(path(first, "rehearsal")))
    assert told() in page
    assert ROLL_BACK not in page


def test_there_is_no_rehearsal_of_a_version_that_is_not_there(theo):
    assert theo.get("/mlops/models/999/rehearsal/").status_code == 404
    assert theo.post("/mlops/models/999/rehearse/").status_code == 404
