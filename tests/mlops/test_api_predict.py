"""POST /predict: answers of the serving version, at once after a switch."""

from copy import deepcopy
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.storage import storages
from django.utils import timezone

from mlops.api import predict
from mlops.choices import Problem
from mlops.models import Prediction
from mlops.predictor_cache import STORE, CannotServe
from tests.apis import a_model_version, a_sealed_version, api, person

pytestmark = pytest.mark.django_db

FACTS = [{"name": "income", "value": 4200.5}, {"name": "purpose", "value": "house"}]


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    with stage.building():
        dataset = a_sealed_version(person("Reviewer"))
        return [a_model_version(dataset, each) for each in two_model_directories]


@pytest.fixture
def versions(staged, on_stage):
    STORE.clear()
    return deepcopy(staged)


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


def test_an_answer_says_what_the_model_missed_and_did_not_know(versions):
    select(api("Operator"), versions[0])
    facts = [
        {"name": "income", "value": None},
        {"name": "purpose", "value": "moon"},
        {"name": "colour", "value": "red"},
    ]

    (prediction,) = ask(api("Viewer"), {"facts": facts}).json()["predictions"]

    told = " ".join(prediction["notes"])
    assert "Not given: " in told
    assert "income" in told
    assert "Never seen in training: purpose = moon." in prediction["notes"]
    assert "Unknown to the model, ignored: colour." in prediction["notes"]
    assert 0.5 <= prediction["confidence"] <= 1


def test_many_cases_are_answered_in_their_order_as_if_each_came_alone(versions):
    select(api("Operator"), versions[0])
    viewer = api("Viewer")
    cases = [{"facts": [{"name": "income", "value": 40 * n}]} for n in range(1000)]

    answer = ask(viewer, *cases)

    assert answer.status_code == 200
    together = answer.json()["predictions"]
    assert len(together) == 1000
    alone = [ask(viewer, cases[n]).json()["predictions"][0] for n in (0, 500, 999)]
    assert alone == [together[n] for n in (0, 500, 999)]
    assert len({each["confidence"] for each in together}) > 2
    refused = ask(viewer, *cases, cases[0])
    assert refused.status_code == 413
    assert refused.json()["detail"].count(".") == 1


def test_a_case_that_is_refused_leaves_none_recorded(versions):
    select(api("Operator"), versions[0])

    answer = ask(
        api("Viewer"),
        {"external_id": "A", "facts": FACTS},
        {"external_id": "B", "facts": [*FACTS, FACTS[0]]},
    )

    assert answer.status_code == 400
    assert answer.json()["detail"] == "cases[1]: The fact income is given twice."
    assert not Prediction.objects.exists()


def test_the_version_before_stays_warm(versions):
    """What a rollback brings back is answered from memory, without reading a file."""
    operator, viewer = api("Operator"), api("Viewer")
    kept = []
    for version in versions:
        select(operator, version)
        ask(viewer, {"facts": FACTS})
        kept.append(STORE.get(version.pk))
    for version in versions:
        storages["artifacts"].delete(f"{version.run.artifact_prefix}/model.json")

    assert [STORE.get(version.pk) for version in versions] == kept
    STORE.clear()
    with pytest.raises(CannotServe) as refused:
        STORE.get(versions[0].pk)
    assert refused.value.problem == Problem.ARTIFACT_MISSING


def test_files_changed_on_disk_never_answer(versions):
    """Neither where the version serves already, nor in a process that starts later."""
    operator, viewer = api("Operator"), api("Viewer")
    select(operator, versions[0])
    store = storages["artifacts"]
    changed = Path(store.path(f"{versions[0].run.artifact_prefix}/model.json"))
    other = Path(store.path(f"{versions[1].run.artifact_prefix}/model.json"))
    changed.chmod(0o600)
    changed.write_bytes(
        other.read_bytes()
    )  # it loads and answers: the hash alone tells
    STORE.clear()  # as a process finds it that has just started

    answer = ask(viewer, {"facts": FACTS})
    assert answer.status_code == 503
    assert answer.json()["code"] == "model_unavailable"
    select(operator, versions[1])
    assert ask(viewer, {"facts": FACTS}).status_code == 200
    assert select(operator, versions[0]).json()["code"] == "not_eligible"


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now()},
        {"scopes": ["training.view_case"]},
    ],
)
def test_a_token_that_was_just_let_in_is_looked_at_again(versions, change):
    select(api("Operator"), versions[0])
    viewer = api("Viewer")
    for _ in range(3):
        assert ask(viewer, {"facts": FACTS}).status_code == 200

    viewer.user.api_tokens.update(**change)

    assert ask(viewer, {"facts": FACTS}).status_code in (401, 403)


def test_what_a_person_may_do_is_looked_up_with_each_request(versions):
    select(api("Operator"), versions[0])
    viewer = api("Viewer")
    for _ in range(3):
        assert ask(viewer, {"facts": FACTS}).status_code == 200

    viewer.user.groups.clear()
    assert ask(viewer, {"facts": FACTS}).status_code == 403
    viewer.user.groups.add(Group.objects.get(name="Viewer"))
    assert ask(viewer, {"facts": FACTS}).status_code == 200
    User.objects.filter(pk=viewer.user.pk).update(is_active=False)
    assert ask(viewer, {"facts": FACTS}).status_code == 401
