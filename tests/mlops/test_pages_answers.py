"""From the number of a recorded answer back to the people behind it."""

import pytest

from mlops.models import Prediction
from mlops.serving.predictions import PredictCase, predict
from mlops.serving.selection import select_version
from tests.apis import a_case, a_model_version, a_sealed_version, person
from tests.mlops.people import browser, text
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def vera():
    return browser("Viewer", "vera")


@pytest.fixture
def version(two_model_directories):
    theo = person("Operator", "theo")
    dataset = a_sealed_version(person("Reviewer", "rita"))
    made = a_model_version(dataset, two_model_directories[0], theo)
    select_version(made, by=theo, reason="First.")
    return made


def an_answer(name="X-1"):
    facts = [{"name": "income", "value": 1}]
    predict([PredictCase(name, facts)], by=person("Integration", f"core {name}"))
    return Prediction.objects.get(external_id=name)


def path(answer):
    return f"/mlops/models/answers/{answer.pk}/"


def test_an_answer_leads_back_to_version_dataset_and_people(vera, version):
    answer = an_answer()

    page = text(vera.get(path(answer)))

    for told in (
        f"/mlops/models/{version.pk}/",
        f"/mlops/jobs/{version.run.job_id}/",
        f"/mlops/training/datasets/{version.run.dataset_version_id}/",
        "rita",
        "theo",
        "core X-1",
        answer.decision,
    ):
        assert told in page
    assert "not reviewed here" in page


def test_it_is_found_by_its_number(vera, version):
    answer = an_answer()

    found = vera.get("/mlops/models/answers/", {"number": f" {answer.pk} "})

    assert (found.status_code, found.url) == (302, path(answer))


@pytest.mark.parametrize("typed", ["", "17", "seventeen", "9" * 40])
def test_a_number_nobody_gave_is_said_so(vera, version, typed):
    page = text(vera.get("/mlops/models/answers/", {"number": typed}, follow=True))

    assert f"There is no recorded answer {typed[:30]}" in page
    assert "Exactly one model serves." in page


def test_the_page_of_the_case_leads_to_its_answers(vera, version):
    change_policy(by=None, blind_share=0.0)
    case = a_case(external_id="X-1", recommendation=None)
    answer = an_answer()

    assert path(answer) in text(vera.get(f"/mlops/approvals/{case.pk}/"))
    assert f"/mlops/approvals/{case.pk}/" in text(vera.get(path(answer)))


def test_an_answer_about_a_case_to_decide_blind_is_not_told(vera, version):
    change_policy(by=None, blind_share=1.0)
    case = a_case(external_id="X-1", recommendation=None)
    answer = an_answer()

    page = text(vera.get(path(answer)))
    assert "not shown until somebody has decided the case" in page
    assert f"<strong>{answer.decision}</strong>" not in page
    assert path(answer) not in text(vera.get(f"/mlops/approvals/{case.pk}/"))
