"""Logs: narrowed by address, one click's entries, taken along as a file."""

import csv
import io
import json

import pytest
from django.test import Client
from django.utils import timezone

from mlops.pages.shared.audit_trail import EventFilters
from tests.apis import (
    a_case,
    a_job,
    a_model_version,
    a_sealed_version,
    an_approved_case,
)
from tests.mlops.people import browser, text
from training.models import AuditEvent
from training.services.audit.chain import GENESIS, chain_events, link_hash
from training.services.people.tokens import create_token
from training.services.policy.policies import change_policy
from training.services.runs.job_actions import cancel_job

pytestmark = pytest.mark.django_db

LOGS = "/logs/"


def shown(answer):
    return [entry.event for entry in answer.context["entries"]]


def exported(visitor, ending, **narrowed):
    answer = visitor.post(f"{LOGS}export/{ending}/", narrowed)
    return answer, b"".join(answer.streaming_content).decode()


def test_one_click_is_found_with_everything_it_did():
    rita = browser("Reviewer", "rita")
    cases = [a_case(by=rita.user) for _one in range(2)]
    for case in cases:
        rita.post(f"/mlops/approvals/{case.pk}/approve/", {"decision": "approve"})
    approved = AuditEvent.objects.about(cases[0]).get(action="case.approved")

    answer = rita.get(LOGS, {"request": approved.request_id})

    events = shown(answer)
    assert approved in events
    assert {event.request_id for event in events} == {approved.request_id}
    assert "Everything that one click did" in text(answer)


def test_an_answer_names_its_request_and_believes_no_client():
    answer = browser("Viewer").get(LOGS, headers={"X-Request-Id": "mine"})

    assert len(answer.headers["X-Request-Id"]) == 12


def test_what_the_system_does_by_itself_belongs_to_no_click():
    change_policy(by=None, min_new_samples=7)

    assert AuditEvent.objects.latest("pk").request_id == ""


def test_entries_of_before_requests_were_kept_still_hold():
    rita = browser("Reviewer")
    a_case(by=rita.user)
    old = AuditEvent.objects.latest("pk")
    chain_events()
    assert old.request_id == ""
    assert "request" not in old.link.hash
    first = AuditEvent.objects.earliest("pk")

    assert first.link.hash == link_hash(GENESIS, first)
    told = AuditEvent(**{**vars_of(first), "request_id": "abc"})
    assert link_hash(GENESIS, told) != first.link.hash


def vars_of(event):
    return {f.attname: getattr(event, f.attname) for f in event._meta.concrete_fields}


def test_a_job_leads_to_what_is_said_of_it_its_run_and_its_model(
    two_model_directories,
):
    theo = browser("Operator", "theo")
    dataset = a_sealed_version(theo.user)
    version = a_model_version(dataset, two_model_directories[0], theo.user)
    other = a_model_version(dataset, two_model_directories[1], theo.user)

    events = shown(theo.get(LOGS, {"job": version.run.job_id}))

    about = {(event.subject_type, event.subject_id) for event in events}
    assert ("modelversion", str(version.pk)) in about
    assert ("modelversion", str(other.pk)) not in about


@pytest.mark.parametrize("wrong", ["0", "x", "9" * 40])
def test_a_job_that_cannot_be_one_filters_nothing_and_its_field_says_so(wrong):
    visitor = browser("Viewer")
    a_case(by=visitor.user)

    answer = visitor.get(LOGS, {"job": wrong})

    assert shown(answer)
    assert 'role="alert"' in text(answer)


def test_a_table_holds_every_entry_that_matches_and_no_formula():
    theo = browser("Operator", "theo")
    for number in range(60):
        a_case(by=theo.user, external_id=f"=1+{number}", title="")
    change_policy(by=theo.user, min_new_samples=7)

    answer, body = exported(theo, "csv", area="case")

    rows = list(csv.reader(io.StringIO(body.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    assert len(rows) == 1 + 60
    assert {row[2] for row in rows[1:]} == {"Case came in"}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert "60-entries.csv" in answer.headers["Content-Disposition"]


def test_json_lines_are_enough_to_compute_the_chain_anew():
    theo = browser("Operator", "theo")
    an_approved_case(theo.user)
    chain_events()

    _answer, body = exported(theo, "jsonl")

    lines = [json.loads(line) for line in body.splitlines()]
    assert len(lines) == AuditEvent.objects.exclude(action="audit.exported").count()
    first = next(each for each in lines if each["link"]["position"] == 1)
    event = AuditEvent.objects.get(pk=first["event"]["id"])
    assert first["link"]["hash"] == link_hash(GENESIS, event)


def test_a_file_holds_what_the_page_shows_by_the_same_filters():
    theo = browser("Operator", "theo")
    an_approved_case(theo.user)
    chain_events(1)
    rita, case, job = browser("Reviewer"), a_case(), a_job()
    rita.post(f"/mlops/approvals/{case.pk}/approve/", {"decision": "approve"})
    cancel_job(job, by=theo.user)
    change_policy(by=None, min_new_samples=7)
    click = AuditEvent.objects.exclude(request_id="").latest("pk").request_id
    today = timezone.localdate().isoformat()
    queries = [
        {"person": "theo"},
        {"person": "system"},
        {"area": "case"},
        {"since": today},
        {"until": today},
        {"job": str(job.pk)},
        {"chain": "yes"},
        {"chain": "no"},
        {"request": click},
        {"person": "theo", "area": "case", "chain": "no", "since": today},
    ]
    assert {name for query in queries for name in query} == set(
        EventFilters.base_filters
    )

    for query in queries:
        listed = [event.pk for event in shown(theo.get(LOGS, query))]
        _answer, body = exported(theo, "jsonl", **query)
        taken = [json.loads(line)["event"]["id"] for line in body.splitlines()]
        assert taken == listed, query
        assert taken, query


def test_a_day_that_cannot_be_read_is_said_beside_its_field():
    visitor = browser("Viewer")
    a_case(by=visitor.user)

    answer = visitor.get(LOGS, {"since": "2026-02-30"})

    assert shown(answer)
    assert "Enter a day such as 2026-01-31." in text(answer)


def test_taking_entries_along_is_written_down_with_how_many():
    theo = browser("Operator", "theo")
    a_case(by=theo.user)
    exported(theo, "csv", area="case")

    told = AuditEvent.objects.get(action="audit.exported")

    assert told.actor == theo.user
    assert told.detail == {"entries": 1, "form": "csv", "narrowed": {"area": "case"}}
    assert "Audit trail exported" in text(theo.get(LOGS))


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_who_may_only_read_the_trail_takes_nothing_along(role):
    visitor = browser(role)
    a_case(by=visitor.user)

    assert visitor.post(f"{LOGS}export/csv/").status_code == 403
    assert "export/csv" not in text(visitor.get(LOGS))
    assert not AuditEvent.objects.filter(action="audit.exported").exists()


def test_an_export_is_asked_for_by_post_in_a_form_that_exists():
    theo = browser("Operator")

    assert theo.get(f"{LOGS}export/csv/").status_code == 405
    assert theo.post(f"{LOGS}export/xls/").status_code == 404
    checking = Client(enforce_csrf_checks=True)
    checking.force_login(theo.user)
    assert checking.post(f"{LOGS}export/csv/").status_code == 403


def test_the_rights_of_a_token_are_said_in_words():
    admin = browser("Admin", "ada")
    create_token(admin.user, by=admin.user, scopes=["read", "mlops.predict"])

    page = text(admin.get(LOGS, {"area": "token"}))

    assert "ask the model for predictions" in page
    assert "mlops.predict" not in page
