"""What holds for every page: probes, sign-in, security headers."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.http import HttpResponse
from huey.contrib.djhuey import HUEY

from preciso.middleware import ContentSecurityPolicyMiddleware, csp_override


def test_healthz_answers_without_the_database(client):
    answer = client.get("/healthz")  # the database is blocked in this test
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_says_that_database_and_queue_answer(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "queue": "ok"}


@pytest.mark.django_db
def test_readyz_names_the_database_that_does_not_answer(client):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer"
    assert answer.json()["queue"] == "ok"


@pytest.mark.django_db
def test_readyz_names_the_queue_that_does_not_answer(client, monkeypatch, tmp_path):
    from preciso.huey import SqliteDoorbell

    gone = tmp_path / "file"
    gone.write_text("not a directory")
    broken = SqliteDoorbell("test", filename=gone / "huey.db")
    monkeypatch.setattr(HUEY, "storage", broken.storage)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["queue"] == "does not answer"
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db
def test_stranger_is_sent_to_the_one_sign_in_page(client):
    assert client.get("/").status_code == 302
    assert client.get("/admin/login/").headers["Location"].startswith("/signin/")
    assert client.get("/admin/").status_code == 302
    assert client.get("/signin/").status_code == 200


@pytest.mark.django_db
def test_eleventh_wrong_password_meets_a_closed_door_for_that_person_only(client):
    User.objects.create_user("alice", password="right horse")
    User.objects.create_user("bob", password="right horse")

    def sign_in(name, password):
        data = {"username": name, "password": password}
        return client.post("/signin/", data).status_code

    assert [sign_in("alice", "wrong") for _ in range(9)] == [200] * 9
    assert sign_in("alice", "wrong") == 429
    assert sign_in("alice", "right horse") == 429
    assert sign_in("bob", "right horse") == 302


@pytest.mark.django_db
def test_every_page_carries_a_policy_without_unsafe_sources(client):
    policy = client.get("/signin/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_admin_works_under_the_policy_and_the_api_page_has_its_own(client):
    client.force_login(User.objects.create_superuser("root"))
    admin = client.get("/admin/")
    assert admin.status_code == 200
    assert "unsafe" not in admin["Content-Security-Policy"]
    assert b"<script>" not in admin.content
    docs = client.get("/api/v1/docs")
    assert docs.status_code == 200
    assert "script-src" not in docs["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in docs["Content-Security-Policy"]
    assert b"<script>" not in docs.content


def test_policy_of_a_view_and_a_header_of_its_own_win(rf):
    request = rf.get("/")
    relaxed = csp_override({"default-src": ["*"]})(lambda request: HttpResponse())
    own = HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})

    answers = [
        ContentSecurityPolicyMiddleware(view)(request)["Content-Security-Policy"]
        for view in (relaxed, lambda request: own)
    ]
    assert answers == ["default-src *", "default-src 'none'"]


@pytest.mark.django_db
def test_person_chooses_the_language_before_signing_in(client):
    assert client.post("/language/", {"language": "ko"}).status_code == 302
    assert client.get("/signin/")["Content-Language"] == "ko"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/mlops/",
        "/mlops/approvals/",
        "/logs/",
        "/settings/people/",
        "/admin/",
        "/api/v1/cases",
        "/api/v1/nothing",
        "/nothing/",
        "/signin/",
    ],
)
def test_no_browser_and_no_proxy_keeps_an_answer(admin_client, path):
    answer = admin_client.get(path)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_no_proxy_keeps_a_refusal(client):
    assert client.get("/api/v1/cases")["Cache-Control"] == "no-store"
