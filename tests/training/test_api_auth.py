"""Who is let in: tokens, sessions, scopes; and nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.apis import ROOT, Api, a_case, api, case_body, person, stranger
from training.models import ApiToken, Case
from training.services.people.tokens import create_token, revoke_token

pytestmark = pytest.mark.django_db


def with_header(value):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=value)
    return client.get(ROOT + "cases")


def test_a_stranger_is_asked_for_a_token():
    answer = stranger().get("cases")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("secret", ["", "guess", "pml_guess", "한글", "a b"])
def test_a_wrong_token_is_refused(secret):
    assert with_header(f"Bearer {secret}").status_code == 401


def test_the_scheme_is_read_in_any_case():
    _token, secret = create_token(person("Viewer"), by=None)

    assert with_header(f"bearer {secret}").status_code == 200


def test_a_revoked_an_expired_and_a_dismissed_persons_token_are_refused():
    user = person("Viewer")
    revoked, first = create_token(user, by=None)
    expired, second = create_token(user, by=None, days=1)
    _token, third = create_token(user, by=None)
    revoke_token(revoked, by=None)
    ApiToken.objects.filter(pk=expired.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert with_header(f"Bearer {first}").status_code == 401
    assert with_header(f"Bearer {second}").status_code == 401

    user.is_active = False
    user.save()

    assert with_header(f"Bearer {third}").status_code == 401


def test_the_use_of_a_token_is_noted_at_most_once_a_minute():
    caller = api("Viewer")
    caller.get("cases")
    noted = ApiToken.objects.get().last_used_at

    caller.get("cases")

    assert noted is not None
    assert ApiToken.objects.get().last_used_at == noted


def test_scopes_take_rights_away_and_never_add_any():
    case = a_case()
    reviewer = Api(person("Reviewer"), scopes=["training.view_case"])
    viewer = Api(
        person("Viewer"), scopes=["training.view_case", "training.review_case"]
    )

    assert reviewer.get(f"cases/{case.pk}").status_code == 200
    assert reviewer.get("pipeline/jobs").status_code == 403
    assert reviewer.post(f"approvals/cases/{case.pk}/approve").status_code == 403
    assert viewer.post(f"approvals/cases/{case.pk}/approve").status_code == 403


def test_scopes_bind_an_administrator_too():
    root = person()
    root.is_superuser = True
    root.save()

    reading = Api(root, scopes=["read"])

    assert reading.get("cases").status_code == 200
    assert reading.get("pipeline/jobs").status_code == 200
    assert reading.post("cases", case_body()).status_code == 403


def test_scopes_bind_what_an_import_does_besides():
    caller = Api(person("Admin"), scopes=["training.import_case"])

    answer = caller.send(
        "cases/import", "id,a,d\n1,2,no\n", "text/csv", decision_column="d"
    )

    assert answer.status_code == 403
    assert not Case.objects.exists()


def test_a_session_needs_the_csrf_token_to_write():
    user = person("Operator")
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)

    read = browser.get(ROOT + "cases")
    written = browser.post(ROOT + "cases", case_body(), format="json")

    assert read.status_code == 200
    assert written.status_code == 403
    assert not Case.objects.exists()


def test_a_token_needs_no_csrf_token():
    _token, secret = create_token(person("Operator"), by=None)
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    answer = client.post(ROOT + "cases", case_body(), format="json")

    assert answer.status_code == 201
