"""The OpenAPI document: complete, without warnings, and true."""

import json
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from jsonschema import Draft7Validator
from openapi_spec_validator import validate

from mlops.models import BreakGlass, ModelVersion, Prediction
from mlops.serving.freezes import plan_freeze
from mlops.serving.rehearsals import rehearse
from preciso.refusals import ALWAYS, CODES, CONFLICTS
from preciso.schema import Generator
from tests.apis import (
    a_case,
    a_job,
    a_model_version,
    a_sealed_version,
    api,
    case_body,
    person,
    stranger,
)
from training.models import (
    AuditEvent,
    Case,
    JobEvent,
    JobLogLine,
    Loosening,
    TrainingRun,
)
from training.services.datasets.versions import open_version

pytestmark = pytest.mark.django_db

WITHOUT_JSON = {
    "cases/import",
    "datasets/versions/{id}/download",
    "models/{id}/evidence",
}


@pytest.fixture(scope="module")
def schema():
    """Made once for all tests of the module, which only read it."""
    GENERATOR_STATS.reset()
    return Generator().get_schema(request=None, public=True)


def test_it_is_a_valid_document_made_without_warnings(schema):
    validate_schema(schema)
    validate(schema)  # the strict one: defaults have to fit their own schema

    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_ids_are_texts_in_it(schema):
    parameter = schema["paths"]["/api/v1/cases/{id}"]["get"]["parameters"][0]

    assert parameter["schema"]["type"] == "string"


def test_it_is_served_to_those_signed_in():
    answer = api("Viewer").client.get(
        "/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}
    )

    assert answer.status_code == 200
    assert json.loads(answer.content)["openapi"].startswith("3.")


def test_a_stranger_is_refused_not_sent_to_the_sign_in_page(client):
    for path in ("/api/v1/schema", "/api/v1/docs"):
        assert client.get(path).status_code == 401


def test_it_says_what_the_views_noted_however_often_it_is_made(schema):
    run = schema["paths"]["/api/v1/training/run"]["post"]
    names = [each["name"] for each in run["parameters"]]

    assert names == ["Idempotency-Key"]
    assert {"token": []} in run["security"]
    assert Generator().get_schema(request=None, public=True) == schema


def test_a_start_does_not_load_what_makes_it():
    code = (
        "import django, sys; from django.core.management import call_command; "
        "django.setup(); call_command('check'); "
        "makers = {'drf_spectacular.plumbing', 'preciso.schema', 'django.test'}; "
        "print('preciso.urls' in sys.modules, makers & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"DJANGO_SETTINGS_MODULE": "preciso.settings_test", "PATH": ""},
    )

    assert done.stdout.splitlines()[-1:] == ["True set()"], done.stderr


def test_the_command_of_the_library_makes_it_too(tmp_path):
    call_command("spectacular", file=str(tmp_path / "schema.yaml"), fail_on_warn=True)

    assert (tmp_path / "schema.yaml").stat().st_size > 1000


def as_json_schema(node):
    """OpenAPI 3.0 as the JSON schema it nearly is; objects have no other fields."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {key: as_json_schema(value) for key, value in node.items()}
    if isinstance(inner.get("properties"), dict) and "type" in inner:
        inner.setdefault("additionalProperties", False)
    if inner.pop("nullable", False) is True:
        return {"anyOf": [inner, {"type": "null"}]}
    return inner


def ask(caller, method, path, said):
    """`said` is the body, or the query of a GET."""
    if method == "get":
        return caller.get(path, **said)
    return caller.post(path, said) if method == "post" else caller.put(path, said)


def an_answer(version_id):
    """What a version recorded about a case it recommended, and how fair it is."""
    groups = [{"value": value, "counts": [[40, 0], [0, 0]]} for value in ("no", "yes")]
    kept = {"name": "afam", "cases": 80, "values": 2, "groups": groups}
    fairness = {"cases": 80, "labels": ["approve", "deny"], "attributes": [kept]}
    ModelVersion.objects.filter(pk=version_id).update(evaluation={"fairness": fairness})
    case = a_case(external_id="X-3")
    named = {"id": str(version_id), "name": "loans", "version": 1}
    Case.objects.filter(pk=case.pk).update(recommender_id=version_id, recommender=named)
    prediction = Prediction.objects.create(
        external_id="X-3", model_version_id=version_id, decision="no", confidence=0.9
    )
    return SimpleNamespace(case=case, prediction=prediction)


def two_switches_asked_for(user, *versions):
    """In a freeze that is planned."""
    tomorrow = timezone.now() + timedelta(days=1)
    freeze = plan_freeze(
        name="Year end", starts_at=tomorrow, ends_at=tomorrow + timedelta(1), by=user
    )
    return [
        BreakGlass.objects.create(
            model_version_id=pk, freeze=freeze, requested_by=user, reason="Urgent."
        )
        for pk in versions
    ]


def switch_to(version_id):
    return {"model_version_id": str(version_id), "reason": "Urgent."}


@pytest.fixture
def calls(two_model_directories):
    """Somebody at work: method, path with the id's place, id, body."""
    user = api("Admin").user
    dataset = a_sealed_version(user)
    first, second = (
        a_model_version(dataset, each, user).pk for each in two_model_directories
    )
    case, other = a_case(external_id="X-1").pk, a_case().pk
    agreed = a_case().pk
    opened = open_version(by=user)[0].pk
    job = a_job(status="failed", reason="trainer_failed", created_by=user)
    JobEvent.objects.create(job=job, attempt=1, became="failed", by="worker")
    JobLogLine.objects.create(job=job, seq=1, attempt=1, text="line")
    run = TrainingRun.objects.latest("pk").pk
    learnt = dataset.samples().filter(held_out=False).first()
    asked, refused = two_switches_asked_for(user, second, first)
    month = (timezone.now() + timedelta(days=31)).isoformat()
    facts = [{"name": "income", "value": 1}]
    answered = an_answer(first)
    rehearsed = rehearse(ModelVersion.objects.get(pk=second), by=user).pk
    return [
        ("post", "cases", "", case_body("X-2")),
        ("put", "cases/{id}", case, case_body("X-1", title="New")),
        ("post", "approvals/cases/{id}/approve", case, {"confidence_score": 1}),
        ("get", "cases/{id}", case, {}),
        ("post", "cases/{id}/outcome", case, {"outcome": "repaid"}),
        ("post", "approvals/bulk", "", {"case_ids": [str(agreed), "0"]}),
        ("post", "approvals/cases/{id}/reject", other, {"reasoning": "Unclear."}),
        ("get", "cases", "", {}),
        ("post", "datasets/versions", "", {}),
        ("get", "datasets/versions", "", {}),
        ("post", "datasets/versions/{id}/seal", opened, {}),
        ("get", "datasets/versions/{id}", opened, {}),
        ("get", "datasets/versions/{id}/samples", opened, {}),
        ("get", "datasets/versions/{id}/compare", opened, {"with": dataset.pk}),
        ("get", "cases/{id}/influence", case, {}),
        ("get", "reviews/{id}/influence", dataset.samples().first().review_id, {}),
        ("get", "cases/{id}/lineage", case, {}),
        ("get", "cases/{id}/lineage", answered.case.pk, {}),
        ("get", "predictions/{id}/lineage", answered.prediction.pk, {}),
        ("post", "approvals/cases/{id}/withdraw", case, {}),
        ("post", "approvals/cases/{id}/request-changes", case, {}),
        ("post", "training/run", "", {"dataset_version_id": dataset.pk}),
        ("get", "training/runs", "", {}),
        ("get", "training/runs/{id}", run, {}),
        ("get", "training/auto", "", {}),
        ("post", "training/auto", "", {"enabled": True}),
        ("post", "training/auto/simulate", "", {"days": 7}),
        ("get", "training/decisions", "", {}),
        ("get", "training/budget", "", {}),
        ("get", "training/estimate", "", {}),
        ("get", "pipeline/jobs", "", {}),
        ("get", "pipeline/jobs/{id}", job.pk, {}),
        ("get", "pipeline/jobs/{id}/log", job.pk, {}),
        ("get", "pipeline/jobs/{id}/events", job.pk, {}),
        ("post", "pipeline/jobs/{id}/retry", job.pk, {}),
        ("post", "pipeline/jobs/{id}/cancel", job.pk, {}),
        ("post", "serving/break-glass/{id}/confirm", asked.pk, {}),
        ("post", "serving/break-glass/{id}/refuse", refused.pk, {}),
        ("post", "serving/freezes/{id}/call-off", asked.freeze_id, {}),
        ("post", "serving/select", "", {"model_version_id": str(first)}),
        ("post", "serving/select", "", {"model_version_id": str(first)}),
        ("post", "serving/rehearse", "", {"model_version_id": str(second)}),
        ("get", "serving/rehearsals/{id}", rehearsed, {}),
        ("post", "serving/select", "", {"model_version_id": str(second)}),
        ("post", "serving/rollback", "", {"reason": "Odd."}),
        ("post", "models/{id}/fallback", second, {"reason": "Known."}),
        ("post", "serving/stop", "", {"reason": "Odd.", "drill": True}),
        ("get", "serving", "", {}),
        ("post", "serving/start", "", {"reason": "It works."}),
        ("post", "serving/fallback", "", {"reason": "Odd again."}),
        ("post", "models/{id}/fallback/clear", second, {"reason": "Old."}),
        ("post", "serving/rollback", "", {"reason": "Odd."}),
        ("get", "serving", "", {}),
        ("get", "serving/history", "", {}),
        ("get", "serving/agreement", "", {}),
        ("get", "serving/at", "", {"time": "2100-01-01T00:00:00Z"}),
        ("post", "serving/hold/release", "", {}),
        ("get", "models", "", {}),
        ("get", "models/{id}", first, {}),
        ("get", "models/{id}/lineage", first, {}),
        ("post", "models/{id}/quarantine", second, {"reason": "Odd."}),
        ("post", "models/{id}/quarantine/lift", second, {"reason": "Fine."}),
        ("post", "serving/freezes", "", {"name": "Quarter close", "ends_at": month}),
        ("get", "serving/freezes", "", {}),
        ("post", "serving/break-glass", "", switch_to(second)),
        ("get", "serving/break-glass", "", {}),
        ("post", "approvals/cases/{id}/withdraw", learnt.case_id, {}),
        ("post", "models/{id}/accept-withdrawn", first, {"reason": "Known."}),
        ("get", "models/{id}/differences", first, {}),
        ("post", "predict", "", {"cases": [{"facts": facts, "external_id": "P"}]}),
        ("get", "status", "", {}),
        ("get", "access-log", "", {}),
        *loosenings_decided(user),
    ]


def loosenings_decided(user):
    """Last of all, for it switches four-eyes rules on."""
    create, said = Loosening.objects.create, {"asked_by": user, "reason": "Late."}
    confirmed = create(rule="bars_own_cases", **said).pk
    declined = create(rule="conflict_share", share_from=0.5, **said).pk
    rules = {"bars_own_cases": True, "two_people_select": True}
    wish = {"rule": "two_people_select", "reason": "The year is over."}
    return [
        ("post", "training/auto", "", rules),
        ("post", "training/loosenings/{id}/confirm", confirmed, {}),
        ("post", "training/loosenings/{id}/decline", declined, {}),
        ("post", "training/loosenings", "", wish),
        ("get", "training/loosenings", "", {}),
    ]


# Open on purpose: what a case says of itself grows with whoever sends it. Facts are
# checked one by one, and what is no part of a case is left out of it.
OPEN = {("post", "cases"), ("put", "cases/{id}"), ("post", "predict")}


def as_sent(caller, method, path, text):
    send = getattr(caller.client, method)
    return send(f"/api/v1/{path}", text, content_type="application/json")


def test_no_verb_does_anything_with_a_field_that_it_does_not_know(schema, calls):
    caller, before = api("Admin"), AuditEvent.objects.count()

    for method, template, number, said in calls:
        if method == "get" or (method, template) in OPEN:
            continue
        answer = ask(
            caller, method, template.format(id=number), {**said, "decison": None}
        )
        told = (answer.status_code, answer.json()["code"])
        assert told == (400, "unknown_field"), (template, answer.json())
        assert "decison" in answer.json()["detail"]

    assert AuditEvent.objects.count() == before


def test_no_body_names_a_field_twice_at_any_depth(calls):
    caller, before = api("Admin"), AuditEvent.objects.count()

    for method, template, number, said in calls:
        if method == "get":
            continue
        for double in ('"reason": "a", "reason": "b"', '"d": [{"e": 1, "e": 1}]'):
            text = json.dumps(said).replace("{", "{" + double + ", ", 1)
            text = text.replace(", }", "}")
            answer = as_sent(caller, method, template.format(id=number), text)
            told = (answer.status_code, answer.json()["code"])
            assert told == (400, "duplicate_field"), (template, text, answer.json())

    assert AuditEvent.objects.count() == before


def test_the_document_forbids_unknown_fields_wherever_a_body_does(schema):
    bodies = {
        (method, path.removeprefix("/api/v1/")): operation["requestBody"]["content"]
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    left_open = {
        call
        for call, content in bodies.items()
        if "application/json" in content
        and schema["components"]["schemas"][
            content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        ].get("additionalProperties", True)
        is not False
    }
    writing = {
        (method, path.removeprefix("/api/v1/"))
        for path, operations in schema["paths"].items()
        for method in operations
        if method != "get"
    }

    assert left_open == OPEN
    assert writing == bodies.keys()


def test_the_document_tells_the_conflicts_of_each_part_of_the_api(schema):
    """Not one list for all: 409 is told where it can come, with its codes."""
    schemas = schema["components"]["schemas"]
    told = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if described := operation["responses"].get("409"):
                content = described["content"]["application/json"]["schema"]
                name = content["$ref"].rpartition("/")[2]
                codes = schemas[name]["properties"]["code"]["enum"]
                told[f"{method} {path.removeprefix('/api/v1/')}"] = set(codes)

    assert "case_differs" in told["post cases"]
    assert "frozen" not in told["post cases"]
    assert "frozen" in told["post serving/select"]
    assert told["post approvals/cases/{id}/approve"] == {
        *ALWAYS,
        *CONFLICTS["approvals"],
    }
    assert not {"get cases", "get models/{id}", "post predict", "get serving"} & set(
        told
    )
    assert max(map(len, told.values())) < len(CODES[409]) / 2
    assert set().union(*told.values()) == set(CODES[409])


def test_every_answer_is_as_the_document_says(schema, calls):
    caller, components = api("Admin"), as_json_schema(schema["components"])
    in_person = stranger()
    in_person.client.force_login(person("Admin"))
    left = {
        (method, path.removeprefix("/api/v1/"))
        for path, operations in schema["paths"].items()
        for method in operations
        if "/mlflow/" not in path
    }

    for method, template, number, said in calls:
        alone = "break-glass" not in template and "loosenings" not in template
        asking = caller if alone else in_person
        answer = ask(asking, method, template.format(id=number), said)
        operation = schema["paths"][f"/api/v1/{template}"][method]
        described = operation["responses"][str(answer.status_code)]
        content = as_json_schema(described["content"]["application/json"]["schema"])
        problems = Draft7Validator({**content, "components": components}).iter_errors(
            answer.json()
        )
        assert not list(problems), (method, template, answer.json())
        left.discard((method, template))

    assert {path for _method, path in left} == WITHOUT_JSON
