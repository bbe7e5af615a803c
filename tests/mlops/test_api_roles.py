"""Role by route: who gets in where. Every route of the API is in the table."""

import pytest
from django.urls import get_resolver

from tests.apis import ROLES, Api, api, person, stranger

pytestmark = pytest.mark.django_db

EVERYBODY = set(ROLES)
REVIEWERS = {"Reviewer", "Admin"}
OPERATORS = {"Operator", "Admin"}
POSTERS = {"Operator", "Integration", "Admin"}
ADMINS = {"Admin"}

WHO_MAY = {
    ("GET", "cases"): EVERYBODY,
    ("POST", "cases"): POSTERS,
    ("POST", "cases/import"): POSTERS,
    ("GET", "cases/1"): EVERYBODY,
    ("PUT", "cases/1"): POSTERS,
    ("GET", "cases/1/influence"): EVERYBODY,
    ("GET", "cases/1/lineage"): EVERYBODY,
    ("GET", "reviews/1/influence"): EVERYBODY,
    ("GET", "predictions/1/lineage"): EVERYBODY,
    ("POST", "cases/1/outcome"): POSTERS | REVIEWERS,
    ("POST", "approvals/bulk"): REVIEWERS,
    ("POST", "approvals/cases/1/approve"): REVIEWERS,
    ("POST", "approvals/cases/1/reject"): REVIEWERS,
    ("POST", "approvals/cases/1/request-changes"): REVIEWERS,
    ("POST", "approvals/cases/1/withdraw"): REVIEWERS,
    ("GET", "datasets/versions"): EVERYBODY,
    ("POST", "datasets/versions"): OPERATORS,
    ("GET", "datasets/versions/1"): EVERYBODY,
    ("GET", "datasets/versions/1/compare"): EVERYBODY,
    ("POST", "datasets/versions/1/seal"): OPERATORS,
    ("GET", "datasets/versions/1/samples"): EVERYBODY,
    ("GET", "datasets/versions/1/download"): EVERYBODY,
    ("POST", "training/run"): OPERATORS,
    ("GET", "training/runs"): EVERYBODY,
    ("GET", "training/runs/1"): EVERYBODY,
    ("GET", "training/auto"): EVERYBODY,
    ("POST", "training/auto"): ADMINS,
    ("POST", "training/auto/simulate"): EVERYBODY,
    ("GET", "training/loosenings"): EVERYBODY,
    ("POST", "training/loosenings"): ADMINS,
    ("POST", "training/loosenings/1/confirm"): ADMINS,
    ("POST", "training/loosenings/1/decline"): ADMINS,
    ("GET", "training/decisions"): EVERYBODY,
    ("GET", "training/budget"): EVERYBODY,
    ("GET", "training/estimate"): EVERYBODY,
    ("GET", "pipeline/jobs"): EVERYBODY,
    ("GET", "pipeline/jobs/1"): EVERYBODY,
    ("GET", "pipeline/jobs/1/log"): EVERYBODY,
    ("GET", "pipeline/jobs/1/events"): EVERYBODY,
    ("POST", "pipeline/jobs/1/cancel"): OPERATORS,
    ("POST", "pipeline/jobs/1/retry"): OPERATORS,
    ("GET", "models"): EVERYBODY,
    ("GET", "models/1"): EVERYBODY,
    ("GET", "models/1/lineage"): EVERYBODY,
    ("GET", "models/1/differences"): EVERYBODY,
    ("POST", "models/1/evidence"): EVERYBODY,
    ("GET", "serving"): EVERYBODY,
    ("GET", "serving/history"): EVERYBODY,
    ("GET", "serving/at"): EVERYBODY,
    ("GET", "serving/agreement"): EVERYBODY,
    ("POST", "serving/select"): OPERATORS,
    ("POST", "serving/rollback"): OPERATORS,
    ("POST", "serving/hold/release"): OPERATORS,
    ("POST", "serving/stop"): OPERATORS,
    ("POST", "serving/start"): OPERATORS,
    ("POST", "serving/fallback"): OPERATORS,
    ("POST", "models/1/fallback"): OPERATORS,
    ("POST", "models/1/fallback/clear"): OPERATORS,
    ("POST", "models/1/quarantine"): OPERATORS,
    ("POST", "models/1/quarantine/lift"): OPERATORS,
    ("POST", "models/1/accept-withdrawn"): OPERATORS,
    ("GET", "serving/freezes"): EVERYBODY,
    ("POST", "serving/freezes"): ADMINS,
    ("POST", "serving/freezes/1/call-off"): ADMINS,
    ("GET", "serving/break-glass"): EVERYBODY,
    ("POST", "serving/break-glass"): OPERATORS,
    ("POST", "serving/break-glass/1/confirm"): OPERATORS,
    ("POST", "serving/break-glass/1/refuse"): OPERATORS,
    ("POST", "serving/rehearse"): OPERATORS,
    ("GET", "serving/rehearsals/1"): EVERYBODY,
    ("POST", "predict"): EVERYBODY,
    ("GET", "mlflow/experiments"): EVERYBODY,
    ("POST", "mlflow/runs/start"): OPERATORS,
    ("GET", "mlflow/runs/1"): EVERYBODY,
    ("POST", "mlflow/models/loans/promote"): OPERATORS,
    ("GET", "mlflow/status"): EVERYBODY,
    ("GET", "access-log"): ADMINS,
    ("GET", "status"): EVERYBODY,
    ("GET", "schema"): EVERYBODY,
    ("GET", "docs"): EVERYBODY,
}
DOCUMENTS = {"schema", "docs"}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
PATHS = sorted({path for _method, path in WHO_MAY})


def asked(caller, method, path):
    send = getattr(caller.client, method.lower())
    return send(f"/api/v1/{path}", *([{}, "json"] if method != "GET" else []))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_the_table_says_and_nothing_else(role):
    caller = api(role)

    let_in = {route for route in WHO_MAY if asked(caller, *route).status_code != 403}

    assert let_in == {route for route, roles in WHO_MAY.items() if role in roles}


def test_a_stranger_gets_nothing_anywhere():
    caller = stranger()

    for method, path in WHO_MAY:
        answer = asked(caller, method, path)
        assert answer.status_code in {401, 302} - (
            {302} if path != "docs" else set()
        ), (
            method,
            path,
        )


def test_somebody_without_a_role_reads_nothing():
    caller = Api(person())

    let_in = {
        path
        for method, path in WHO_MAY
        if path not in DOCUMENTS and asked(caller, method, path).status_code != 403
    }

    assert let_in == set()


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_a_path_does_not_have_is_refused(path):
    caller = api("Admin")
    known = {method for method, each in WHO_MAY if each == path}

    for method in METHODS - known:
        answer = asked(caller, method, path)
        assert answer.status_code == 405, method
        assert b"method_not_allowed" in answer.content or path in DOCUMENTS
        offered = answer.headers["Allow"].split(", ")
        assert set(offered) - {"HEAD"} == known
        assert ("HEAD" in offered) == ("GET" in known)


def test_every_route_is_in_the_table():
    prefix = "api/v1/"
    routes = {
        f"{outer.pattern}{middle.pattern}{inner.pattern}"
        for outer in get_resolver().url_patterns
        if str(outer.pattern) == prefix
        for middle in outer.url_patterns
        for inner in getattr(middle, "url_patterns", [])
    }

    shown = {route.removeprefix(prefix) for route in routes}

    in_table = {path.replace("/1", "/<str:id>") for path in PATHS}
    in_table = {path.replace("/loans/", "/<str:name>/") for path in in_table}
    assert shown - in_table == set()
