"""From an answer back to the people behind it, and from a review to all it reached."""

from itertools import count, islice

import pytest

from mlops.models import Prediction
from mlops.serving.selection import select_version
from tests.apis import a_case, a_model_version, an_approved_case, api, person
from tests.mlops.people import browser, text
from training.choices import TrainingScope
from training.models import Case, DatasetVersion
from training.services.cases.approvals import is_held_out, reject_case
from training.services.datasets import versions

pytestmark = pytest.mark.django_db


def names(count_, *, held_out):
    """Names of cases that the split keeps, or does not keep, to measure with."""
    made = (f"N-{number}" for number in count())
    return list(islice((n for n in made if is_held_out(n) == held_out), count_))


def approved(rita, *external_ids):
    return [
        an_approved_case(
            rita,
            decision=("approve", "deny")[place % 2],
            external_id=name,
            facts=[{"name": "income", "value": int(name[2:])}],
        )
        for place, name in enumerate(external_ids)
    ]


def seal(by):
    version = DatasetVersion.objects.open().get()
    versions.seal_version(version, by=by)
    version.refresh_from_db()
    return version


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


@pytest.fixture
def learnt(rita):
    """Three cases to learn from."""
    return approved(rita, *names(3, held_out=False))


@pytest.fixture
def measured(rita):
    """One case held out."""
    return approved(rita, *names(1, held_out=True))[0]


@pytest.fixture
def served(rita, learnt, measured, two_model_directories):
    version = a_model_version(seal(rita), two_model_directories[0], by=rita)
    select_version(version, by=rita)
    return version


@pytest.fixture
def asked(served):
    """A case that the serving version recommended, and an answer it recorded."""
    case = a_case(external_id="Q-1", recommendation=None)
    assert case.recommender_id == served.pk
    facts = [{"name": "income", "value": 1}]
    api("Viewer").post("predict", {"cases": [{"external_id": "Q-1", "facts": facts}]})
    return case


@pytest.fixture
def viewer():
    return api("Viewer")


def ids(rows):
    return {str(row.pk) for row in rows}


def test_a_case_leads_to_the_version_that_recommended_and_the_people_behind(
    viewer, asked, served, learnt
):
    found = viewer.get(f"cases/{asked.pk}/lineage").json()

    behind = found["lineage"]
    samples = found["learnt_from"]["items"]
    assert found["recommendation"]["model_version"]["id"] == str(served.pk)
    assert behind["run"]["id"] == str(served.run_id)
    assert behind["job"]["id"] == str(served.run.job_id)
    assert behind["dataset_version"]["sha256"] == served.run.dataset_version.sha256
    assert {each["case_id"] for each in samples} == ids(learnt)
    assert {each["review_id"] for each in samples} == ids(
        each.reviews.get() for each in learnt
    )
    assert {each["by"] for each in samples} == {"rita"}
    assert behind["people"]["reviewers"] == [{"username": "rita", "samples": 4}]


def test_it_lists_the_answers_recorded_about_the_case(viewer, asked):
    answers = viewer.get(f"cases/{asked.pk}/lineage").json()["predictions"]

    prediction = Prediction.objects.get()
    assert answers["count"] == 1
    assert answers["items"][0]["id"] == str(prediction.pk)


def test_a_prediction_leads_to_the_same_and_to_the_period_it_fell_in(
    viewer, asked, served, learnt
):
    prediction = Prediction.objects.get()

    found = viewer.get(f"predictions/{prediction.pk}/lineage").json()

    assert found["case"] == {"id": str(asked.pk), "external_id": "Q-1"}
    assert found["period"]["id"] == str(served.periods.get().pk)
    assert found["lineage"]["model_version"]["id"] == str(served.pk)
    assert {each["case_id"] for each in found["learnt_from"]["items"]} == ids(learnt)


def test_the_period_is_the_one_of_then_not_the_one_of_now(
    viewer, asked, served, two_model_directories
):
    other = a_model_version(served.run.dataset_version, two_model_directories[1])
    prediction = Prediction.objects.get()
    select_version(other, by=None)

    found = viewer.get(f"predictions/{prediction.pk}/lineage").json()

    assert found["period"]["until"] is not None
    assert found["lineage"]["model_version"]["id"] == str(served.pk)


def test_a_run_on_what_was_new_alone_had_not_learnt_from_the_older(
    viewer, rita, asked, served, two_model_directories
):
    name = names(4, held_out=False)[-1]
    new = approved(rita, name)[0]
    later = a_model_version(seal(rita), two_model_directories[1])
    later.run.scope = TrainingScope.DELTA
    later.run.save()
    Case.objects.filter(pk=asked.pk).update(recommender_id=later.pk)

    found = viewer.get(f"cases/{asked.pk}/lineage").json()["learnt_from"]

    assert [each["case_id"] for each in found["items"]] == [str(new.pk)]


def test_samples_come_in_pages_and_are_counted_as_a_whole(viewer, asked, learnt):
    path = f"cases/{asked.pk}/lineage"

    first = viewer.get(path, limit=2).json()["learnt_from"]
    rest = viewer.get(path, limit=2, cursor=first["next"]).json()["learnt_from"]

    pages = [*first["items"], *rest["items"]]
    assert (first["count"], len(first["items"]), rest["next"]) == (3, 2, None)
    assert {each["case_id"] for each in pages} == ids(learnt)


def test_a_case_that_no_version_recommended_has_no_lineage(viewer):
    found = viewer.get(f"cases/{a_case().pk}/lineage").json()

    assert (found["lineage"], found["learnt_from"]) == (None, None)
    assert found["recommendation"]["decision"] == "approve"
    assert found["recommendation"]["model_version"] is None


def test_a_review_leads_to_the_versions_periods_and_cases_it_reached(
    viewer, asked, served, learnt
):
    found = viewer.get(f"reviews/{learnt[0].reviews.get().pk}/influence").json()

    made = found["sample"]["model_versions"][0]
    assert found["learnt"] is True
    assert made["id"] == str(served.pk)
    assert made["serving"][0]["until"] is None
    assert made["recommended"] == 1
    assert found["cases"]["count"] == 1
    assert found["cases"]["items"][0]["id"] == str(asked.pk)
    assert found["predictions"] == 1


def test_of_many_the_serving_version_is_listed_first_and_all_are_counted(
    viewer, asked, served, learnt, rita, two_model_directories, monkeypatch
):
    monkeypatch.setattr("mlops.provenance.impact.LISTED", 1)
    an_approved_case(rita)
    newer = a_model_version(seal(rita), two_model_directories[1], by=rita)

    found = viewer.get(f"cases/{learnt[0].pk}/influence").json()["samples"][0]

    assert newer.pk > served.pk
    assert [made["id"] for made in found["model_versions"]] == [str(served.pk)]
    assert found["model_version_count"] == 2
    assert (len(found["runs"]), found["run_count"]) == (1, 2)
    assert (len(found["dataset_versions"]), found["dataset_version_count"]) == (1, 2)


def test_a_review_of_a_case_held_out_taught_nothing(viewer, asked, measured):
    found = viewer.get(f"reviews/{measured.reviews.get().pk}/influence").json()

    assert found["learnt"] is False
    assert found["sample"]["held_out"] is True
    assert len(found["sample"]["model_versions"]) == 1
    assert (found["cases"]["count"], found["predictions"]) == (0, 0)


def test_a_review_that_yielded_no_sample_reached_nothing(viewer, rita):
    case = a_case()
    reject_case(case, by=rita, reasoning="Unclear.")

    found = viewer.get(f"reviews/{case.reviews.get().pk}/influence").json()

    assert (found["sample"], found["learnt"]) == (None, False)
    assert found["cases"] == {"count": 0, "items": [], "next": None}


@pytest.mark.parametrize(
    "path", ["cases/0/lineage", "predictions/x/lineage", "reviews/99999/influence"]
)
def test_what_is_not_there_is_said_in_a_sentence(viewer, path):
    answer = viewer.get(path)

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no ")


def test_the_page_of_a_case_says_what_its_recommendation_was_learnt_from(
    asked, served, learnt
):
    page = text(browser("Viewer").get(f"/mlops/approvals/{asked.pk}/"))

    section = page.split('id="behind-title"')[1].split("</details>")[0]
    assert f"/mlops/models/{served.pk}/" in section
    assert f"/mlops/jobs/{served.run.job_id}/" in section
    assert "3 samples" in section
    assert all(f"/mlops/approvals/{each.pk}/" in section for each in learnt)
    assert "What this approval has taught" not in page


def test_the_page_of_an_approved_case_says_what_it_taught(asked, served, learnt):
    page = text(browser("Viewer").get(f"/mlops/approvals/{learnt[0].pk}/"))

    assert "learnt from it recommended a decision for 1 case." in page
    assert "Which model recommended this" not in page


def test_the_page_of_a_case_held_out_says_that_none_learnt_from_it(asked, measured):
    page = text(browser("Viewer").get(f"/mlops/approvals/{measured.pk}/"))

    section = page.split('id="reached-title"')[1].split("</details>")[0]
    assert "none learnt from it." in section
    assert "recommended for" not in section
