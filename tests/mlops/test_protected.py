"""Who sees protected attributes, wherever they might show, and that it is on record."""

import json

import pytest
from django.db import connection

from mlops.evidence.pack_format import event_sha256
from mlops.mirror.delivery import _run_record
from tests.apis import (
    Api,
    a_case,
    a_model_version,
    a_sealed_version,
    api,
    case_body,
    person,
)
from tests.database import refuses
from tests.mlops.people import browser, signed_in, text
from training.canonical import sha256_text
from training.models import AccessEntry, AuditEvent, CaseRevision
from training.services.audit.chain import GENESIS, chain_events
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db

SECRET = "zoroastrian"
MAY, MAY_NOT = ["Operator", "Integration", "Admin"], ["Viewer", "Reviewer"]


@pytest.fixture
def case():
    return a_case(external_id="C-1", protected={"faith": SECRET})


def reads():
    return AccessEntry.objects.filter(kind="protected").order_by("pk")


def ways(case):
    """Every answer of the API that is a case."""
    yield "get", f"cases/{case.pk}", None
    yield "get", "cases", None
    yield "post", f"cases/{case.pk}/outcome", {"outcome": "repaid"}
    yield "post", f"approvals/cases/{case.pk}/request-changes", {"reasoning": "Why?"}
    yield "post", f"approvals/cases/{case.pk}/reject", {"reasoning": "No."}


def sent(caller, method, path, body):
    return getattr(caller, method)(path, *([body] if body else []))


@pytest.mark.parametrize("role", MAY)
def test_who_has_the_right_sees_them_and_it_is_on_record(case, role):
    caller = api(role)

    one, all_of_them = caller.get(f"cases/{case.pk}"), caller.get("cases")

    assert one.json()["protected"] == {"faith": SECRET}
    assert all_of_them.json()["items"][0]["protected"] == {"faith": SECRET}
    told = [(row.person, row.cases, row.route) for row in reads()]
    assert told == [
        (caller.user, [case.pk], "GET /api/v1/cases/<str:id>"),
        (caller.user, [case.pk], "GET /api/v1/cases"),
    ]


@pytest.mark.parametrize("role", MAY_NOT)
def test_nobody_else_sees_them_by_any_answer(case, role):
    caller = api(role)

    for way in ways(case):
        answer = sent(caller, *way)
        assert SECRET not in answer.content.decode(), way
        if answer.status_code == 200 and "items" not in answer.json():
            assert answer.json()["protected"] is None

    assert not reads().exists()


def test_every_answer_that_shows_them_is_on_record(case):
    caller = api("Admin")

    for number, way in enumerate(ways(case), start=1):
        answer = sent(caller, *way)
        assert SECRET in answer.content.decode(), way
        assert reads().count() == number, way


def test_reading_the_same_again_within_the_hour_counts_on(case):
    caller = api("Admin")

    for _again in range(3):
        caller.get(f"cases/{case.pk}")

    assert reads().get().count == 3


def test_without_its_entry_they_are_not_shown(case):
    caller = api("Admin")
    caller.client.raise_request_exception = False

    def broken(execute, sql, params, many, context):
        if "training_accessentry" in sql:
            raise OSError("no disk")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        answer = caller.get(f"cases/{case.pk}")

    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()


def test_a_token_that_may_only_read_does_not_show_them(case):
    caller = Api(person("Admin"), scopes=["read"])

    assert caller.get(f"cases/{case.pk}").json()["protected"] is None
    other = Api(person("Admin"), scopes=["read", "training.read_protected"])
    assert other.get(f"cases/{case.pk}").json()["protected"] == {"faith": SECRET}


def test_who_has_just_sent_them_gets_them_back_and_that_discloses_nothing():
    caller = api("Integration")
    body = case_body("C-2", protected={"faith": SECRET})

    posted = caller.post("cases", body)
    again = caller.post("cases", body)
    corrected = caller.put(f"cases/{posted.json()['id']}", {**body, "title": "Other"})

    for answer in (posted, again, corrected):
        assert answer.json()["protected"] == {"faith": SECRET}
    assert not reads().exists()


def test_no_page_shows_them(case):
    visitor = browser("Admin")

    for page in (f"/mlops/approvals/{case.pk}/", "/mlops/approvals/", "/logs/"):
        assert SECRET not in text(visitor.get(page))


@pytest.fixture
def staff():
    def of(role):
        user = person(role)
        user.is_staff = True
        user.save()
        return signed_in(user)

    return of


def test_the_admin_shows_them_by_right_and_on_record(case, staff):
    page = f"/admin/training/case/{case.pk}/change/"

    assert SECRET not in text(staff("Viewer").get(page))
    assert not reads().exists()
    assert SECRET in text(staff("Operator").get(page))
    assert reads().get().cases == [case.pk]


@pytest.mark.parametrize(
    "address",
    [
        "/admin/training/case/?protected__icontains=zoro",
        "/admin/training/case/?protected__faith=zoroastrian",
        "/admin/training/caserevision/?content__protected__faith=zoroastrian",
        "/admin/training/auditevent/?detail__icontains=zoro",
        "/admin/training/review/?case__protected__icontains=zoro",
    ],
)
def test_nobody_finds_out_by_asking_the_admin_for_a_value(case, staff, address):
    answer = staff("Admin").get(address)

    assert answer.status_code in (302, 400)


# What a correction leaves ------------------------------------------------------------


def test_a_correction_leaves_names_and_hashes_in_the_trail_and_no_value(case):
    operator, before = person("Operator"), case.content_sha256
    body = case_body("C-1", title="Other", protected={"faith": "none"})
    body["facts"][0]["value"] = 9999

    correct_case(case, parse_case(body), by=operator)

    event = AuditEvent.objects.get(action="case.corrected")
    revision = CaseRevision.objects.get()
    assert event.detail == {
        "revision": revision.pk,
        "before_sha256": before,
        "sha256": case.content_sha256,
        "parts": ["title", "facts", "protected"],
        "facts": ["income"],
        "protected": ["faith"],
    }
    assert revision.content["protected"] == {"faith": SECRET}
    assert (revision.by, revision.content_sha256) == (operator, before)


def test_the_old_content_is_not_changed_but_can_be_erased(case):
    correct_case(case, parse_case(case_body("C-1", title="Other")), by=None)
    rows = CaseRevision.objects.all()

    refuses(lambda: rows.update(content={}))
    assert rows.delete()[0] == 1


@pytest.fixture
def old_event(case):
    """As a correction was told before this version."""
    before = {"title": "T", "protected": {"faith": SECRET}, "facts": []}
    event = AuditEvent.objects.record(
        "case.corrected", actor=None, subject=case, before=before
    )
    chain_events()
    return event


def test_what_the_trail_once_told_is_not_shown(old_event, staff):
    page = f"/admin/training/auditevent/{old_event.pk}/change/"

    assert SECRET not in text(browser("Admin").get("/logs/"))
    assert SECRET not in text(staff("Admin").get(page))


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_the_trail_once_told_is_not_taken_along(old_event, ending):
    answer = browser("Admin").post(f"/logs/export/{ending}/")

    assert SECRET not in b"".join(answer.streaming_content).decode()


def test_the_chain_is_computed_anew_from_an_export_that_leaves_it_out(old_event):
    answer = browser("Admin").post("/logs/export/jsonl/")
    rows = [
        json.loads(line)
        for line in b"".join(answer.streaming_content).split(b"\n")
        if line
    ]

    head = GENESIS
    for row in sorted(
        (row for row in rows if row["link"]), key=lambda row: row["link"]["position"]
    ):
        content = row.get("content_sha256") or event_sha256(row["event"])
        head = sha256_text(head + content)
        assert head == row["link"]["hash"]


def test_mlflow_is_not_told_of_the_groups(two_model_directories):
    version = a_model_version(
        a_sealed_version(person("Reviewer")), two_model_directories[0]
    )
    version.evaluation = {"held_out": 4, "fairness": {"attributes": [SECRET]}}

    told = _run_record(version, None).documents

    assert told["evaluation.json"] == {"held_out": 4}
