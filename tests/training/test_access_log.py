"""The access log: who came in, who was kept out, who took something along."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from preciso.requester import Requester
from tests.apis import Api, a_sealed_version, api, person, stranger
from tests.database import refuses, run_sql
from tests.mlops.people import browser
from training.choices import ACCESS_COUNTED, AccessKind
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AccessDay, AccessEntry, AuditEvent
from training.models.access import MOST_COUNTED
from training.services.access import access_log
from training.services.access.access_days import close_days, purge, verify_access_log
from training.services.sign_in import guard

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    access_log.counters.__init__()
    yield
    access_log.counters.__init__()


def counted(kind):
    access_log.counters.flush()
    return AccessEntry.objects.filter(kind=kind)


def sign_in(name, password, address="10.0.0.1"):
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/signin/", form)


def test_signing_in_and_out_is_on_record_with_the_address():
    ada = User.objects.create_user("ada", password="a long one for ada")
    client = Client(REMOTE_ADDR="10.0.0.7")

    client.post("/signin/", {"username": "ada", "password": "a long one for ada"})
    client.post("/signout/")

    found = AccessEntry.objects.order_by("pk")
    told = [(each.kind, each.person, each.name, each.address) for each in found]
    assert told == [
        ("sign_in", ada, "ada", "10.0.0.7"),
        ("sign_out", ada, "ada", "10.0.0.7"),
    ]


def test_wrong_passwords_are_counted_by_name_and_address_not_one_row_each():
    User.objects.create_user("ada", password="a long one for ada")

    for _again in range(7):
        sign_in("ada", "wrong")
    sign_in("ada", "wrong", "10.0.0.2")

    rows = counted(AccessKind.SIGN_IN_FAILED).order_by("pk")
    told = [(row.name, row.address, row.count) for row in rows]
    assert told == [("ada", "10.0.0.1", 7), ("ada", "10.0.0.2", 1)]


def test_of_a_name_nobody_has_only_the_beginning_is_kept():
    """Some people type their password into the field above it."""
    sign_in("correct horse battery staple" * 20, "ada")

    (row,) = counted(AccessKind.SIGN_IN_FAILED)
    assert (row.name, row.person) == ("cor…", None)


def test_a_password_longer_than_any_is_a_wrong_one():
    for _again in range(2):
        sign_in("ada", "x" * 2000)

    (row,) = counted(AccessKind.SIGN_IN_FAILED)
    assert row.count == 2


def test_a_locked_out_name_is_on_record():
    for _again in range(guard.LIMITS[guard.PAIR].free + 2):
        sign_in("ada", "wrong")

    assert counted(AccessKind.LOCKED_OUT).get().address == "10.0.0.1"


def test_who_is_turned_away_is_counted_by_route():
    viewer = api("Viewer")
    for _again in range(3):
        viewer.post("training/run", {})
        stranger().get("cases/17")
        stranger().get("cases/18")

    (refused,) = counted(AccessKind.REFUSED)
    assert (refused.person, refused.count) == (viewer.user, 3)
    assert refused.route == "POST /api/v1/training/run"
    (unknown,) = counted(AccessKind.STRANGER)
    assert (unknown.person, unknown.count) == (None, 6)
    assert unknown.route == "GET /api/v1/cases/<str:id>"


def test_a_page_without_the_right_and_a_forged_form_are_counted():
    viewer = browser("Viewer")
    viewer.get("/settings/people/new/")
    Client(enforce_csrf_checks=True).post("/signin/", {"username": "x"})

    assert counted(AccessKind.REFUSED).get().route == "GET /settings/people/new/"
    assert counted(AccessKind.STRANGER).get().route == "POST /signin/"


def test_a_refusal_that_a_page_tells_in_its_own_words_is_counted():
    """It answers with a redirect or 409: the person stays where they were."""
    admin, viewer = browser("Admin"), person("Viewer")
    roles = {"roles": [admin.user.groups.get().pk]}
    admin.post(f"/settings/people/{viewer.pk}/roles/", roles)
    assert not counted(AccessKind.REFUSED).exists()

    answer = admin.post(f"/settings/people/{admin.user.pk}/roles/", {"roles": []})

    assert answer.status_code not in (401, 403)
    assert counted(AccessKind.REFUSED).get().person == admin.user


def test_a_refusal_writes_nothing_and_reads_nothing():
    caller = stranger()
    caller.get("cases")

    with CaptureQueriesContext(connection) as asked:
        for number in range(200):
            assert caller.get(f"cases/{number}").status_code == 401

    assert list(asked) == []


def test_a_flood_from_everywhere_leaves_a_bounded_table():
    """The attack: names, addresses and routes that are never the same twice."""
    for number in range(3000):
        requester = Requester(
            address=f"2001:db8::{number:x}", route=f"GET /{number % 7}"
        )
        for kind in ACCESS_COUNTED:
            access_log.count(kind, requester, name=f"name {number}")
        if number % 500 == 0:
            access_log.counters.flush()
    access_log.counters.flush()

    for kind in ACCESS_COUNTED:
        rows = AccessEntry.objects.filter(kind=kind)
        hours = len(set(rows.values_list("hour", flat=True)))
        assert rows.count() <= (MOST_COUNTED + 1) * hours
        assert sum(rows.values_list("count", flat=True)) == 3000
        assert rows.filter(slot=0).exists()


def test_the_database_itself_has_no_room_for_more():
    access_log.count(AccessKind.STRANGER, Requester(address="10.0.0.1"))
    row = counted(AccessKind.STRANGER).get()
    columns = {
        field.attname: getattr(row, field.attname)
        for field in AccessEntry._meta.concrete_fields
        if field.attname not in ("id", "key", "slot")
    }

    def more(**changed):
        AccessEntry.objects.create(**{**columns, "key": "k", **changed})

    refuses(lambda: more(slot=MOST_COUNTED + 1))
    refuses(lambda: more(slot=None))
    refuses(lambda: more(slot=row.slot))
    refuses(lambda: more(slot=3, kind=AccessKind.SIGN_IN))


def test_what_could_not_be_written_is_written_later():
    access_log.count(AccessKind.STRANGER, Requester(address="10.0.0.1"))

    def broken(execute, sql, params, many, context):
        raise OSError("no disk")

    with connection.execute_wrapper(broken):
        access_log.counters.flush()
    access_log.count(AccessKind.STRANGER, Requester(address="10.0.0.1"))

    assert counted(AccessKind.STRANGER).get().count == 2


def test_downloads_by_token_and_by_page_are_on_record_before_they_are_answered():
    admin = person("Admin")
    version = a_sealed_version(admin)
    caller, page = Api(admin), browser("Viewer")

    for answer in (
        caller.get(f"datasets/versions/{version.pk}/download"),
        page.get(f"/mlops/training/datasets/{version.pk}/download/"),
    ):
        assert b"".join(answer.streaming_content)

    by_token, by_page = AccessEntry.objects.filter(kind="download").order_by("pk")
    assert (by_token.person, by_token.subject_id) == (admin, str(version.pk))
    assert by_token.token == admin.api_tokens.get().prefix
    assert (by_page.person, by_page.token) == (page.user, "")


def test_without_its_entry_a_download_is_not_answered():
    admin = person("Admin")
    version = a_sealed_version(admin)
    caller = Api(admin)
    caller.client.raise_request_exception = False

    def broken(execute, sql, params, many, context):
        if "training_accessentry" in sql:
            raise OSError("no disk")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        answer = caller.get(f"datasets/versions/{version.pk}/download")

    assert answer.status_code == 500


def test_a_dataset_on_a_page_takes_the_right_to_see_samples():
    version = a_sealed_version(person("Admin"))
    visitor = browser("Viewer")
    role = visitor.user.groups.get()
    role.permissions.remove(role.permissions.get(codename="view_sample"))

    page = f"/mlops/training/datasets/{version.pk}/download/"
    assert visitor.get(page).status_code == 403


def test_the_export_of_the_trail_is_on_record():
    admin = browser("Admin")
    admin.post("/logs/export/csv/")

    row = AccessEntry.objects.get(kind=AccessKind.EXPORT)
    assert (row.person, row.subject_type) == (admin.user, "auditevent")


# What the database keeps -------------------------------------------------------------


@pytest.fixture
def entry():
    access_log.note(
        AccessKind.DOWNLOAD, Requester(person("Viewer"), address="10.0.0.1")
    )
    return AccessEntry.objects.filter(kind="download")


def test_an_entry_is_not_changed_by_any_way(entry):
    refuses(lambda: entry.update(name="other"))
    refuses(lambda: entry.update(count=0))
    refuses(lambda: entry.update(cases=[1], count=9))
    refuses(lambda: entry.update(keep_until=date(2020, 1, 1), count=9))
    refuses(lambda: entry.update(last_at=entry[0].until, count=9))
    refuses(lambda: run_sql("UPDATE training_accessentry SET address = 'x'"))
    refuses(lambda: run_sql("DELETE FROM training_accessentry"))
    assert entry.update(count=2) == 1


def test_only_what_is_past_its_time_is_purged(entry):
    old = past(days=3, keep_until=date(2020, 1, 1))

    assert purge() == 1

    assert entry.exists()
    assert not AccessEntry.objects.filter(pk=old.pk).exists()


def past(days, **changed):
    """An entry as one of some days ago would be."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hour -= timedelta(days=days)
    return AccessEntry.objects.create(
        **{
            "kind": AccessKind.PROTECTED,
            "hour": hour,
            "until": hour + timedelta(hours=1),
            "key": f"key {days} {AccessEntry.objects.count()}",
            "name": "ada",
            "first_at": hour,
            "last_at": hour,
            "keep_until": hour.date() + timedelta(days=730),
            **changed,
        }
    )


def test_a_day_that_is_over_is_told_to_the_audit_trail_once():
    past(days=3)
    past(days=3)
    past(days=2)

    close_days()
    close_days()

    days = list(AccessDay.objects.order_by("day"))
    events = AuditEvent.objects.filter(action="access.day_closed").order_by("pk")
    assert [event.detail["kinds"] for event in events] == [day.kinds for day in days]
    assert days[0].kinds["protected"]["entries"] == 2
    assert len({day.day for day in days}) == len(days) >= 2
    assert verify_access_log().days == len(days)
    call_command("verify_access")


@pytest.fixture
def without_rules():
    yield lambda: take_down(TRAINING_RULES)
    put_up(TRAINING_RULES)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE training_accessentry SET name = 'eve'", "were changed or removed"),
        ("DELETE FROM training_accessentry", "were changed or removed"),
        ("UPDATE training_accessday SET kinds = '{}'", "not as the audit trail tells"),
    ],
)
def test_who_alters_a_closed_day_is_found_out(statement, problem, without_rules):
    past(days=3)
    close_days()
    without_rules()
    run_sql(statement)

    assert problem in verify_access_log().problem
    with pytest.raises(CommandError, match=problem):
        call_command("verify_access")


def test_an_entry_that_is_slipped_into_a_closed_day_is_found_out():
    past(days=3)
    close_days()
    past(days=3, kind=AccessKind.DOWNLOAD)

    assert "were added" in verify_access_log().problem


def test_a_day_whose_entries_are_past_their_time_still_holds():
    past(days=3, keep_until=date(2020, 1, 1))
    close_days()
    purge()

    assert verify_access_log().problem == ""


def test_signing_in_by_a_program_needs_no_request():
    User.objects.create_user("ada", password="a long one for ada")

    assert authenticate(username="ada", password="wrong") is None

    assert counted(AccessKind.SIGN_IN_FAILED).get().address == ""
