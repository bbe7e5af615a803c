"""The manners of every API view, shown on views of the test's own."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView

from preciso.cursor_pagination import NewestFirst
from preciso.views import not_found

pytestmark = pytest.mark.django_db


class Refusal(Exception):
    """What a service of any app raises."""

    status_code, code = 409, "stale_state"


RAISED = {
    "refusal": Refusal("Somebody was first."),
    "missing": Http404("No Case matches the given query."),
    "denied": PermissionDenied("not you"),
    "parse": exceptions.ParseError("no JSON"),
    "database": OperationalError("server closed the connection"),
    "unforeseen": RuntimeError("secret detail"),
    "nested": exceptions.ValidationError(
        {"decision": {"rationale": ["This field is required."]}}
    ),
    "list": exceptions.ValidationError(
        {"facts": [{}, {"name": ["This field may not be blank."]}]}
    ),
}


class Door(APIView):
    required_perms = {"GET": [], "POST": ["auth.add_user"]}

    class Input(serializers.Serializer):
        count = serializers.IntegerField()

    def get(self, request):
        if kind := request.query_params.get("raise"):
            raise RAISED[kind]
        return Response({"ok": True})

    def post(self, request):
        data = self.Input(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(data.validated_data, status=201)

    def delete(self, request):
        return Response(status=204)


class People(APIView):
    required_perms = {"GET": []}
    pagination_class = NewestFirst

    def get(self, request):
        paginator = self.pagination_class()
        users = paginator.paginate_queryset(User.objects.all(), request)
        return paginator.get_paginated_response([{"id": str(u.pk)} for u in users])


class Narrow(SessionAuthentication):
    """A token that permits nothing but looking, though its owner may do all."""

    def authenticate(self, request):
        found = super().authenticate(request)
        return found and (found[0], self)

    def permits(self, permission):
        return permission.startswith("auth.view_")


class NarrowDoor(Door):
    authentication_classes = [Narrow]


urlpatterns = [
    path("api/v1/door", Door.as_view()),
    path("api/v1/narrow", NarrowDoor.as_view()),
    path("api/v1/people", People.as_view()),
]
handler404 = "preciso.views.not_found"
handler500 = "preciso.views.server_error"


@pytest.fixture(autouse=True)
def _routes():
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def person():
    return User.objects.create_user("somebody")


@pytest.fixture
def api(client, person):
    client.force_login(person)
    return client


def post(client, body, **more):
    more.setdefault("content_type", "application/json")
    return client.post("/api/v1/door", body, **more)


def test_stranger_gets_401_with_a_code_whatever_the_method(client):
    for method in (client.get, client.post, client.delete, client.options):
        answer = method("/api/v1/door")
        assert answer.status_code == 401
        assert answer.json().keys() == {"code", "detail"}
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_person_may_do_what_is_declared_and_they_have(api, person):
    assert api.get("/api/v1/door").status_code == 200
    assert api.head("/api/v1/door").status_code == 200
    refused = post(api, {"count": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")

    person.user_permissions.add(Permission.objects.get(codename="add_user"))
    assert post(api, {"count": 1}).status_code == 201


def test_method_that_is_not_declared_is_refused_even_to_the_admin(client):
    client.force_login(User.objects.create_superuser("root"))
    for method in (client.delete, client.put, client.options):
        answer = method("/api/v1/door")
        assert (answer.status_code, answer.json()["code"]) == (
            405,
            "method_not_allowed",
        )


def test_token_narrows_what_its_owner_may_do(client):
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/api/v1/narrow").status_code == 200
    answer = client.post("/api/v1/narrow", {"count": 1}, "application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("kind", "status", "code", "detail"),
    [
        ("refusal", 409, "stale_state", "Somebody was first."),
        ("missing", 404, "not_found", "Not found."),
        ("denied", 403, "permission_denied", "permission to perform this action"),
        ("parse", 400, "malformed", "no JSON"),
        ("database", 503, "database_unavailable", "database does not answer"),
        ("nested", 400, "invalid", "decision.rationale: This field is required."),
        ("list", 400, "invalid", "facts[1].name: This field may not be blank."),
    ],
)
def test_each_error_is_a_code_and_one_sentence(api, kind, status, code, detail):
    answer = api.get(f"/api/v1/door?raise={kind}")
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert detail in answer.json()["detail"]


def test_error_nobody_foresaw_tells_nothing_about_itself(api):
    api.raise_request_exception = False
    answer = api.get("/api/v1/door?raise=unforeseen")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert b"secret detail" not in answer.content


def test_unknown_address_below_api_is_a_json_404(client, rf):
    answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (
        not_found(rf.get("/api/v2"), Http404())
        .headers["Content-Type"]
        .endswith("/json")
    )


@pytest.fixture
def writer(api, person):
    person.user_permissions.add(Permission.objects.get(codename="add_user"))
    return api


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"count": NaN}',
        b'{"count": 1, "note": "a\\u0000b"}',
        b'{"count": 1, "note": "\\ud800"}',
        b"[" * 100_000,
        b'{"count": ' + b"1" * 5000 + b"}",
    ],
)
def test_body_that_is_no_storable_json_is_malformed(writer, body):
    answer = post(writer, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_body_with_harmless_escapes_is_read(writer):
    body = b'{"count": 1, "note": "\\\\u0000 \\ud83d\\ude00"}'
    assert post(writer, body).status_code == 201


def test_wrong_field_is_named_beside_the_sentence(writer):
    answer = post(writer, json.dumps({"count": "many"}))
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("count: ")
    assert "count" in answer.json()["fields"]


def test_body_over_the_limit_is_413(writer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = post(writer, json.dumps({"count": 1, "note": "x" * 100}))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_media_types_are_415(writer):
    answer = post(writer, b"count=1", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (
        415,
        "unsupported_media_type",
    )


def test_too_many_requests_are_429_and_say_when_to_come_back(api, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    statuses = [api.get("/api/v1/door").status_code for _ in range(2)]
    answer = api.get("/api/v1/door")
    assert statuses == [200, 200]
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 0 <= int(answer["Retry-After"]) <= 60


def test_list_is_newest_first_and_pages_do_not_shift(api):
    for number in range(5):
        User.objects.create_user(f"person{number}")
    newest = list(User.objects.order_by("-pk").values_list("pk", flat=True))

    first = api.get("/api/v1/people?limit=2").json()
    User.objects.create_user("latecomer")
    second = api.get(f"/api/v1/people?limit=2&cursor={first['next']}").json()
    third = api.get(f"/api/v1/people?limit=2&cursor={second['next']}").json()

    pages = [*first["items"], *second["items"], *third["items"]]
    assert [int(item["id"]) for item in pages] == newest
    assert third["next"] is None


def test_list_that_fits_has_no_next(api):
    assert api.get("/api/v1/people?limit=1").json()["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=-1",
        "limit=99999999999",
        "cursor=!",
        "cursor=é",
        "cursor=YWJj",
        "cursor=" + "9" * 5000,
    ],
)
def test_wrong_limit_or_cursor_is_400(api, query):
    answer = api.get(f"/api/v1/people?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert query.split("=")[0] in answer.json()["detail"]
