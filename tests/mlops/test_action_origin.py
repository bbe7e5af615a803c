"""Every event tells which way it came in, and the token that was shown."""

import threading

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from preciso import action_origin
from tests.apis import ROOT, a_case, case_body, person
from tests.mlops.people import browser, text
from training.models import AuditEvent
from training.services.audit.chain import GENESIS, event_content, link_hash
from training.services.people.tokens import create_token
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db


def last():
    event = AuditEvent.objects.latest("pk")
    return event.via, event.token


def test_a_page_says_so():
    case = a_case()
    browser("Reviewer").post(
        f"/mlops/approvals/{case.pk}/approve/", {"decision": "approve"}
    )

    assert AuditEvent.objects.get(action="case.approved").via == "page"


def test_the_api_says_so_and_names_the_token_but_never_its_secret():
    token, secret = create_token(person("Operator"), by=None)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    client.post(ROOT + "cases", case_body(), format="json")

    event = AuditEvent.objects.get(action="case.posted")
    assert (event.via, event.token) == ("api", token.prefix)
    assert secret not in str(vars(event))


def test_a_session_on_the_api_has_no_token_even_after_one_that_had():
    owner = person("Operator")
    _token, secret = create_token(owner, by=None)
    program, visitor = APIClient(), APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    visitor.force_login(owner)
    program.post(ROOT + "cases", case_body(), format="json")

    visitor.post(ROOT + "cases", case_body(external_id="other"), format="json")

    assert last() == ("api", "")


def test_the_django_admin_says_so():
    token, _secret = create_token(person("Viewer"), by=None)
    admin = browser("Admin")
    admin.user.is_staff = True
    admin.user.save()

    admin.post(
        "/admin/training/apitoken/",
        {"action": "revoke_selected", "_selected_action": [token.pk]},
    )

    assert AuditEvent.objects.get(action="token.revoked").via == "admin"


def test_a_command_says_so():
    owner = person("Viewer")

    with action_origin.through(
        action_origin.via_of_command(["manage.py", "create_token"])
    ):
        call_command("create_token", owner.username)

    assert last() == ("command", "")


@pytest.mark.parametrize("program", ["run_huey", "mirror"])
def test_what_the_programs_of_the_system_do_is_the_systems_own(program):
    assert action_origin.via_of_command(["manage.py", program]) == action_origin.SYSTEM


def test_a_thread_of_the_worker_is_the_system_whatever_started_it():
    seen = []
    with action_origin.through(action_origin.COMMAND):
        thread = threading.Thread(target=lambda: seen.append(action_origin.current()))
        thread.start()
        thread.join()

    assert seen == [action_origin.ActionOrigin("system", "")]


def test_the_logs_page_reads_the_way_and_the_token():
    token, secret = create_token(person("Operator"), by=None)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.post(ROOT + "cases", case_body(), format="json")

    page = browser("Viewer").get("/logs/")

    assert f"API, token {token.prefix}…" in text(page)


def test_the_way_is_hashed_and_events_from_before_it_was_kept_still_hold():
    change_policy(by=None, min_new_samples=7)
    event = AuditEvent.objects.latest("pk")
    old = {n: v for n, v in columns(event).items() if n not in ("via", "token")}
    before = link_hash(GENESIS, AuditEvent(**old))

    assert "via" not in event_content(AuditEvent(**old))
    assert "token" not in event_content(AuditEvent(**old))
    for changed in ({"via": "page"}, {"token": "pml_forged"}):
        assert link_hash(GENESIS, AuditEvent(**old, **changed)) != before


def columns(event):
    return {f.attname: getattr(event, f.attname) for f in event._meta.concrete_fields}
