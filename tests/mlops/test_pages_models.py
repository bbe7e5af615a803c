"""Models: the serving card, select, one-click rollback, the hold, a version."""

import pytest
from django.core.files.storage import storages

from mlops.models import ModelVersion, ServingPeriod
from mlops.serving.selection import current_period, select_version, state
from tests.apis import a_model_version, a_sealed_version, person
from tests.mlops.people import browser, by_htmx, text

pytestmark = pytest.mark.django_db

ROLL_BACK = "/mlops/models/roll-back/"
RELEASE = "/mlops/models/hold/release/"


@pytest.fixture
def theo():
    return browser("Operator", "theo")


@pytest.fixture
def versions(two_model_directories):
    dataset = a_sealed_version(person("Reviewer", "rita"))
    return [a_model_version(dataset, files) for files in two_model_directories]


@pytest.fixture
def second_serves(versions, theo):
    for version in versions:
        select_version(version, by=theo.user)
    return versions


def path(version, verb=""):
    return f"/mlops/models/{version.pk}/" + (f"{verb}/" if verb else "")


def serving():
    return current_period().model_version


def test_with_nothing_serving_the_page_says_what_to_do(theo):
    assert "Nothing yet" in text(theo.get("/mlops/models/"))


def test_a_version_is_selected_with_a_reason(theo, versions):
    answer = theo.post(path(versions[0], "select"), {"reason": "First."}, follow=True)

    assert answer.redirect_chain == [("/mlops/models/", 302)]
    assert "serves now." in text(answer)
    assert "Exactly one model serves." in text(answer)
    assert (serving(), current_period().reason) == (versions[0], "First.")


def test_a_select_against_what_the_person_saw_is_refused(theo, second_serves):
    first, second = second_serves

    answer = by_htmx(theo, path(first, "select"), expected_current=str(first.pk))

    assert answer.status_code == 409
    assert serving() == second


@pytest.mark.parametrize("seen", ["9" * 31, "x"])
def test_what_the_person_saw_counts_whatever_it_is(theo, second_serves, seen):
    first, second = second_serves
    answer = by_htmx(theo, path(first, "select"), expected_current=seen)

    assert answer.status_code == 409
    assert current_period().model_version == second


def test_a_version_whose_files_are_gone_is_not_selected(theo, versions):
    for file in versions[0].run.artifacts:
        storages["artifacts"].delete(
            f"{versions[0].run.artifact_prefix}/{file['path']}"
        )

    answer = by_htmx(theo, path(versions[0], "select"))

    assert answer.status_code == 409
    assert "Its model files are gone." in text(answer)
    assert ServingPeriod.objects.count() == 0


def test_one_click_brings_back_what_served_before(theo, second_serves):
    first, second = second_serves
    page = text(theo.get("/mlops/models/"))

    answer = theo.post(
        ROLL_BACK, {"reason": "Odd.", "expected_current": second.pk}, follow=True
    )

    assert f"Roll back to v{first.version}" in page
    assert serving() == first
    assert "serves again. Automatic promotion is on hold." in text(answer)


def test_a_rollback_pressed_twice_goes_back_once(theo, second_serves):
    first, second = second_serves
    by_htmx(theo, ROLL_BACK, expected_current=str(second.pk))

    again = by_htmx(theo, ROLL_BACK, expected_current=str(second.pk))

    assert again.status_code == 409
    assert serving() == first


def test_with_nothing_before_the_rollback_is_disabled_and_refused(theo, versions):
    select_version(versions[0], by=theo.user)

    page, answer = text(theo.get("/mlops/models/")), by_htmx(theo, ROLL_BACK)

    assert "there is nothing to go back to yet" in page
    assert answer.status_code == 409
    assert serving() == versions[0]


def test_the_hold_is_shown_until_a_person_lifts_it(theo, second_serves):
    theo.post(ROLL_BACK, {"reason": "Odd answers."})
    held = text(theo.get("/mlops/models/"))

    theo.post(RELEASE)

    assert "Automatic promotion is on hold." in held
    assert "Odd answers." in held
    assert not state().on_hold
    assert by_htmx(theo, RELEASE).status_code == 409


def test_the_history_is_the_menu_of_ways_back(theo, second_serves):
    first, second = second_serves

    page = text(theo.get("/mlops/models/"))

    history = page.split("What served when")[1].split("All versions")[0]
    assert path(first, "select") in history
    assert path(second, "select") not in history


def test_an_ineligible_version_stays_visible_with_the_reason(theo, versions):
    ModelVersion.objects.filter(pk=versions[0].pk).update(problem="quarantined")

    page, one = text(theo.get("/mlops/models/")), text(theo.get(path(versions[0])))

    assert "A person put it in quarantine." in page
    assert path(versions[0], "select") not in page
    assert "A person put it in quarantine." in one


def test_a_version_is_shown_beside_the_one_then_serving(theo, versions):
    first, second = versions
    measured = {"accuracy": 0.9, "log_loss": 0.3, "n": 50}
    ModelVersion.objects.filter(pk=second.pk).update(
        metrics={
            **measured,
            "confusion": {"labels": ["no", "yes"], "counts": [[40, 2], [3, 5]]},
        },
        evaluation={
            "champion": {
                "model_version": {"id": "1", "name": "loans", "version": first.version},
                "metrics": {"accuracy": 0.8, "log_loss": 0.2, "n": 50},
            },
            "commonest": {"accuracy": 0.84, "n": 50},
        },
    )

    page = theo.get(path(second))

    verdicts = {row.kind.label: row.verdict for row in page.context["measures"]}
    assert verdicts == {"Right answers": "better", "Log loss": "worse"}
    assert f"v{first.version}, then serving" in text(page)
    assert "Measured on 50 held-out cases" in text(page)
    assert [len(cells) for _label, cells in page.context["matrix"].rows] == [2, 2]


def test_a_version_that_was_mended_can_serve_after_a_check(theo, versions):
    ModelVersion.objects.filter(pk=versions[0].pk).update(problem="does_not_load")

    answer = by_htmx(theo, path(versions[0], "check"))

    versions[0].refresh_from_db()
    assert answer.status_code == 200
    assert versions[0].is_eligible


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_only_operators_switch_what_serves(role, second_serves):
    member, (first, second) = browser(role), second_serves

    answers = [
        member.post(address).status_code
        for address in (path(first, "select"), ROLL_BACK, RELEASE)
    ]

    assert answers == [403, 403, 403]
    assert serving() == second
    assert "Roll back to" not in text(member.get("/mlops/models/"))
