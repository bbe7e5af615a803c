"""POST /predict: answers of the serving version, at once after a switch."""

import pytest

from mlops.api import predict
from mlops.models import Prediction
from tests.apis import a_model_version, a_sealed_version, api, person

pytestmark = pytest.mark.django_db

FACTS = [{"name": "income", "value": 4200.5}, {"name": "purpose", "value": "house"}]


@pytest.fixture
def versions(db, two_model_directories):
    dataset = a_sealed_version(person("Reviewer"))
    return [a_model_version(dataset, each) for each in two_model_directories]


def ask(caller, *cases):
    return caller.post("predict", {"cases": list(cases)})


def select(caller, version):
    return caller.post("serving/select", {"model_version_id": str(version.pk)})


def test_without_a_serving_model_there_is_no_answer():
    answer = ask(api("Viewer"), {"facts": FACTS})

    assert answer.status_code == 503
    assert answer.json()["code"] == "no_serving_model"


def test_the_answer_names_its_version_and_what_weighed_most(versions):
    select(api("Operator"), versions[0])

    answer = ask(api("Viewer"), {"external_id": "BOS-1", "facts": FACTS})

    assert answer.status_code == 200
    body = answer.json()
    assert body["model_version"]["id"] == str(versions[0].pk)
    (prediction,) = body["predictions"]
    recorded = Prediction.objects.get()
    assert prediction["id"] == str(recorded.pk)
    assert prediction["decision"] == recorded.decision
    assert prediction["confidence"] == recorded.confidence
    assert 0.5 <= prediction["confidence"] <= 1
    assert prediction["rationale"]
    assert recorded.external_id == "BOS-1"


def test_only_a_named_case_is_recorded(versions):
    select(api("Operator"), versions[0])

    body = ask(
        api("Viewer"), {"facts": FACTS}, {"external_id": "B", "facts": FACTS}
    ).json()

    assert [each["id"] is None for each in body["predictions"]] == [True, False]
    assert Prediction.objects.count() == 1


def test_the_next_request_follows_a_switch_and_a_rollback(versions):
    operator, viewer = api("Operator"), api("Viewer")

    def served():
        return ask(viewer, {"facts": FACTS}).json()["model_version"]["id"]

    select(operator, versions[0])
    before = served()
    select(operator, versions[1])
    after = served()
    operator.post("serving/rollback")
    back = served()

    assert (before, after, back) == (
        str(versions[0].pk),
        str(versions[1].pk),
        str(versions[0].pk),
    )


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "cases"),
        ([], "cases"),
        ({"cases": None}, "cases"),
        ({"cases": []}, "cases"),
        ({"cases": {"facts": FACTS}}, "cases"),
        ({"cases": [7]}, "cases[0]"),
        ({"cases": [{"facts": FACTS}, {}]}, "cases[1]"),
        ({"cases": [{"facts": [{"name": "income"}]}]}, "income"),
        ({"cases": [{"facts": [{"name": "a", "value": [1]}]}]}, "cases[0]"),
        ({"cases": [{"facts": FACTS, "external_id": "x" * 201}]}, "external_id"),
    ],
)
def test_a_malformed_question_is_refused_naming_the_case(body, named):
    answer = api("Viewer").post("predict", body)

    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_too_many_cases_at_once_are_refused(monkeypatch):
    monkeypatch.setattr(predict, "MOST_CASES", 2)

    answer = ask(api("Viewer"), *[{"facts": FACTS}] * 3)

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_a_question_costs_few_queries(versions, django_assert_max_num_queries):
    select(api("Operator"), versions[0])
    viewer = api("Viewer")
    ask(viewer, {"facts": FACTS})

    with django_assert_max_num_queries(7):
        ask(viewer, {"external_id": "BOS-1", "facts": FACTS})


def test_a_protected_attribute_never_reaches_the_model(versions, settings):
    """Even a version that learnt from it before it was named as protected."""
    operator = api("Operator")
    select(operator, versions[0])
    without = ask(operator, {"facts": FACTS[:1]}).json()
    settings.PROTECTED_ATTRIBUTES = ["Purpose"]
    assert ask(operator, {"facts": FACTS}).json() == without
