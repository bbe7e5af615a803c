"""The admin: every table can be looked at, none edited; actions call the services."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mlops.mirror.outbox import RunStart, start_run
from mlops.models import OutboxEvent, ServingPeriod, ServingState
from mlops.serving.predictions import PredictCase, predict
from mlops.serving.selection import roll_back, select_version
from tests.apis import (
    a_case,
    a_job,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    person,
)
from training.choices import CaseStatus, JobStatus, ReviewSource
from training.models import (
    ApiToken,
    AuditEvent,
    Case,
    DatasetVersion,
    PipelineJob,
    TrainingPolicy,
)
from training.services.people.tokens import create_token

pytestmark = pytest.mark.django_db

OURS = [
    model
    for model in admin.site._registry
    if model._meta.app_label in {"training", "mlops"}
]


@pytest.fixture
def root(client):
    user = User.objects.create_superuser("root")
    client.force_login(user)
    return user


@pytest.fixture
def full(root, settings, two_model_directories):
    """Something in every table."""
    settings.MLFLOW_TRACKING_URI = "http://mlflow.invalid"
    dataset = a_sealed_version(root)
    versions = [a_model_version(dataset, each, root) for each in two_model_directories]
    for version in versions:
        select_version(version, by=root)
    roll_back(by=root, reason="To see the hold.")
    a_case(by=root)
    an_approved_case(root)
    facts = [{"name": "income", "value": 1}]
    predict([PredictCase("C-1", facts)], by=root)
    start_run(RunStart(), by=root)
    create_token(root, by=root)
    return versions


def page(model, what="changelist", *args):
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{what}", args=args)


def act(client, model, action, *rows):
    return client.post(
        page(model),
        {"action": action, "_selected_action": [row.pk for row in rows]},
        follow=True,
    )


def test_every_table_and_its_first_row_can_be_looked_at(client, full):
    for model in OURS:
        assert client.get(page(model)).status_code == 200, model
        assert client.get(page(model), {"q": "x"}).status_code == 200, model
        row = model._default_manager.first()
        if row is not None:
            answer = client.get(page(model, "change", row.pk))
            assert answer.status_code == 200, model
            assert b'name="_save"' not in answer.content, model


def test_nothing_is_added_changed_or_deleted_by_a_form(client, full):
    for model in OURS:
        row = model._default_manager.first()
        assert client.get(page(model, "add")).status_code == 403, model
        if row is not None:
            before = model._default_manager.filter(pk=row.pk).values().get()
            url = page(model, "change", row.pk)
            assert client.post(url, {}).status_code == 403, model
            url = page(model, "delete", row.pk)
            assert client.post(url, {"post": "yes"}).status_code == 403, model
            after = model._default_manager.filter(pk=row.pk).values().get()
            assert after == before, model


def test_a_table_costs_the_same_queries_however_long_it_is(client, full, root):
    def costs():
        found = {}
        for model in [*OURS, User, Group]:
            with CaptureQueriesContext(connection) as queries:
                client.get(page(model))
            found[model] = len(queries)
        return found

    before = costs()
    for _more in range(3):
        an_approved_case(root)
        a_job()
        create_token(root, by=root)
        person("Operator")

    assert {m: c for m, c in costs().items() if c > before[m] + 1} == {}


def test_strangers_and_readers_are_kept_out(client):
    assert client.get("/admin/").status_code == 302
    client.force_login(person("Viewer"))
    assert client.get("/admin/").status_code == 302


def test_the_admin_carries_the_brand_and_leads_back_to_the_pages(client, root):
    text = client.get("/admin/").content.decode()

    assert "preciso/admin.css" in text
    assert "Preciso MLOps" in text
    assert 'href="/mlops/"' in text


def test_no_page_needs_inline_script_or_style(client, full):
    for model in OURS:
        answer = client.get(page(model))
        assert "unsafe" not in answer["Content-Security-Policy"]
        text = answer.content.decode()
        scripts = r"<script(?![^>]*(src=|type=\"application/json\"))"
        assert not re.search(scripts, text), model
        assert "<style" not in text, model
        assert not re.search(r"\sstyle=|\son[a-z]+=", text), model


def test_agreeing_with_recommendations_goes_through_the_service(client, root):
    case, bare = a_case(), a_case(recommendation=None)

    answer = act(client, type(case), "approve_selected", case, bare)

    case.refresh_from_db()
    bare.refresh_from_db()
    assert (case.status, case.decision) == (CaseStatus.APPROVED, "approve")
    assert case.reviews.get().source == ReviewSource.BULK  # for Auto, see the policy
    assert case.reviews.get().by == root
    assert bare.status == CaseStatus.AWAITING_REVIEW
    assert "no recommendation" in answer.content.decode()


def test_sending_back_and_rejecting_go_through_the_services(client, root):
    back, no = a_case(), a_case()

    act(client, type(back), "send_back_selected", back)
    act(client, type(no), "reject_selected", no)

    back.refresh_from_db()
    no.refresh_from_db()
    assert back.status == CaseStatus.CHANGES_REQUESTED
    assert no.status == CaseStatus.REJECTED


def test_sealing_seals_the_open_version_and_refuses_a_sealed_one(client, root):
    sealed = a_sealed_version(root)
    an_approved_case(root)
    open_one = DatasetVersion.objects.open().get()

    answer = act(client, DatasetVersion, "seal_selected", sealed, open_one)

    open_one.refresh_from_db()
    assert open_one.status == "sealed"
    assert "only an open version" in answer.content.decode()


def test_jobs_are_canceled_and_retried(client, root):
    waiting, done = a_job(), a_job(status=JobStatus.COMPLETED)

    act(client, PipelineJob, "cancel_selected", waiting, done)
    waiting.refresh_from_db()
    assert waiting.status == JobStatus.CANCELED

    act(client, PipelineJob, "retry_selected", waiting)
    waiting.refresh_from_db()
    assert waiting.status != JobStatus.CANCELED


def test_dead_letters_are_put_aside_and_other_jobs_are_not(client, root):
    given_up, failed = (
        a_job(status=status, reason="worker_lost")
        for status in (JobStatus.DEAD_LETTER, JobStatus.FAILED)
    )

    answer = act(client, PipelineJob, "put_selected_aside", given_up, failed)
    again = act(client, PipelineJob, "put_selected_aside", given_up)

    given_up.refresh_from_db()
    failed.refresh_from_db()
    assert given_up.discarded_at is not None
    assert failed.discarded_at is None
    assert "was not given up" in answer.content.decode()
    assert "lies aside already" in again.content.decode()
    assert AuditEvent.objects.filter(action="job.discarded").count() == 1


def test_putting_aside_needs_the_right_to_retry(client):
    looker = person("Viewer")
    looker.is_staff = True
    looker.save()
    client.force_login(looker)
    job = a_job(status=JobStatus.DEAD_LETTER, reason="worker_lost")

    act(client, PipelineJob, "put_selected_aside", job)

    job.refresh_from_db()
    assert job.discarded_at is None


def test_a_table_of_many_rows_can_be_searched_and_narrowed():
    one_row = {TrainingPolicy, ServingState}
    for model in set(OURS) - one_row:
        table = admin.site._registry[model]
        assert table.search_fields, model
        assert table.list_filter, model
        assert table.list_display != ["__str__"], model


def test_days_are_offered_only_where_the_database_finds_them_by_an_index():
    for model in OURS:
        day = admin.site._registry[model].date_hierarchy
        if day:
            firsts = [index.fields[0].lstrip("-") for index in model._meta.indexes]
            field = model._meta.get_field(day)
            assert field.db_index or field.unique or day in firsts, model


def test_pages_lead_to_the_admin_and_back_for_staff_alone(client, full, root):
    rows = {
        "/mlops/models/": full[0],
        "/mlops/jobs/": PipelineJob.objects.first(),
        "/mlops/approvals/": Case.objects.first(),
        "/mlops/training/datasets/": DatasetVersion.objects.first(),
        "/settings/people/": root,
    }
    for place, row in rows.items():
        there, here = page(type(row), "change", row.pk), f"{place}{row.pk}/"
        assert f'href="{there}"' in client.get(here).content.decode(), here
        assert f'href="{here}"' in client.get(there).content.decode(), there

    client.force_login(person("Admin"))  # not staff: made by no page
    for place, row in rows.items():
        assert "/admin/" not in client.get(f"{place}{row.pk}/").content.decode()


def test_one_version_is_selected_and_never_two(client, root, two_model_directories):
    dataset = a_sealed_version(root)
    first, second = (
        a_model_version(dataset, each, root) for each in two_model_directories
    )

    answer = act(client, type(first), "select_chosen", first, second)
    assert "choose one version" in answer.content.decode()
    assert ServingPeriod.objects.count() == 0

    act(client, type(first), "select_chosen", second)
    assert ServingPeriod.objects.get().model_version == second


def test_the_hold_is_lifted(client, full):
    act(client, ServingState, "release", ServingState.objects.get())

    assert not ServingState.objects.get().on_hold


def test_a_token_is_revoked_and_its_hash_never_shown(client, root):
    token, _secret = create_token(root, by=root)

    assert (
        token.sha256
        not in client.get(page(ApiToken, "change", token.pk)).content.decode()
    )
    act(client, ApiToken, "revoke_selected", token)

    token.refresh_from_db()
    assert token.revoked_at is not None


def test_mlflow_is_told_again_without_waiting(client, full):
    OutboxEvent.objects.update(try_after="2999-01-01T00:00Z")

    act(client, OutboxEvent, "try_again_now", OutboxEvent.objects.first())

    assert OutboxEvent.objects.due().count() == 1


def test_an_action_needs_its_own_permission(client):
    looker = person("Viewer")
    looker.is_staff = True
    looker.save()
    client.force_login(looker)
    case = a_case()

    assert "approve_selected" not in client.get(page(type(case))).content.decode()
    act(client, type(case), "approve_selected", case)

    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING_REVIEW


def test_a_change_to_a_person_is_audited_without_the_password(client, root):
    someone = person("Viewer", "vera")
    url = page(User, "change", someone.pk)
    form = client.get(url).context["adminform"].form.initial
    body = {name: value for name, value in form.items() if value is not None}
    body = {k: v for k, v in body.items() if isinstance(v, str | bool | int)}
    joined = someone.date_joined
    body |= {
        "email": "vera@example.com",
        "date_joined_0": joined.date().isoformat(),
        "date_joined_1": joined.time().isoformat("seconds"),
    }
    body.pop("is_superuser")
    body.pop("is_staff")

    assert client.post(url, body).status_code == 302

    event = AuditEvent.objects.get(action="person.changed")
    assert (event.actor, event.subject_label) == (root, "vera")
    assert "mail" in str(event.detail)
    assert "vera@example.com" not in str(event.detail)


def change(client, someone, **changed):
    """What the admin's form of a person would send, and what its page answers."""
    url = page(User, "change", someone.pk)
    joined = someone.date_joined
    body = {
        "username": someone.username,
        "date_joined_0": joined.date().isoformat(),
        "date_joined_1": joined.time().isoformat("seconds"),
    }
    return client.post(url, {**body, **changed})


@pytest.fixture
def ada(client):
    """An administrator by role, without being a superuser."""
    ada = person("Admin", "ada")
    ada.is_staff = True
    ada.save()
    client.force_login(ada)
    return ada


def test_the_admin_changes_neither_roles_nor_who_is_switched_off(client, root):
    rita = person("Reviewer", "rita")
    boss = Group.objects.get(name="Admin")

    assert change(client, rita, groups=[boss.pk]).status_code == 302

    rita.refresh_from_db()
    assert rita.is_active  # the box was not sent, and is none
    assert [group.name for group in rita.groups.all()] == ["Reviewer"]
    assert client.get(page(User, "add")).status_code == 403
    url = page(User, "delete", rita.pk)
    assert client.post(url, {"post": "yes"}).status_code == 403


def test_only_a_superuser_makes_another_one(client, ada):
    rita = person("Reviewer", "rita")

    change(client, rita, is_superuser="on", is_staff="on", email="rita@example.com")

    rita.refresh_from_db()
    assert (rita.is_superuser, rita.is_staff) == (False, False)
    assert rita.email == "rita@example.com"


def test_a_superuser_makes_another_one_and_stays_one(client, root):
    rita = person("Reviewer", "rita")

    change(client, rita, is_superuser="on", is_staff="on")
    change(client, root, is_staff="on")  # without the box of the superuser

    rita.refresh_from_db()
    root.refresh_from_db()
    assert rita.is_superuser
    assert root.is_superuser


def test_nobody_takes_over_a_stronger_persons_sign_in(client, ada):
    root = User.objects.create_superuser("root", password="right horse")
    typed = {"password1": "mine now 99", "password2": "mine now 99"}

    answer = client.post(f"/admin/auth/user/{root.pk}/password/", typed)

    root.refresh_from_db()
    assert answer.status_code == 302
    assert answer.url == f"/settings/people/{root.pk}/"  # where a service refuses it
    assert root.check_password("right horse")


def test_a_role_that_somebody_has_is_not_deleted(client, ada):
    held, free = Group.objects.get(name="Admin"), Group.objects.create(name="Free")

    for role in (held, free):
        client.post(page(Group, "delete", role.pk), {"post": "yes"})

    assert Group.objects.filter(name="Admin").exists()
    assert not Group.objects.filter(name="Free").exists()


def test_the_trail_is_filtered_by_the_way_an_event_came_in(admin_client):
    a_case()
    AuditEvent.objects.record("case.created", actor=None, subject=Case.objects.get())
    address = reverse("admin:training_auditevent_changelist")
    rows = {
        way: admin_client.get(address, {"via": way}).context["cl"].result_count
        for way in ("", "system", "api")
    }
    assert rows[""] == rows["system"] == AuditEvent.objects.count()
    assert rows["api"] == 0


def test_a_search_shows_its_matches_and_looks_for_them_once(admin_client):
    case, other = a_case(), a_case()
    address = reverse("admin:training_case_changelist")
    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get(address, {"q": case.external_id})
    assert list(page.context["cl"].result_list) == [case]
    assert sum(" LIKE " in query["sql"] for query in queries) <= 2
    assert other.external_id not in page.content.decode()
