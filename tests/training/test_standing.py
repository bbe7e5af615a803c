"""What people and roles may do is a record: what SQL gave is named, both ways."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.core.management.sql import (
    emit_post_migrate_signal,
    emit_pre_migrate_signal,
)
from django.db import connection

from tests.apis import on_record, person
from tests.mlops.people import browser
from training.models import AuditEvent
from training.services.audit.chain import chain_events
from training.services.audit.chain_check import verify_chain
from training.services.audit.record_coverage import (
    ALL_TAKEN_OVER,
    INTRODUCED,
    cover_records,
)
from training.services.people import roles, service_accounts, user_accounts

pytestmark = pytest.mark.django_db


@pytest.fixture
def introduced():
    while cover_records():
        pass


@pytest.fixture
def ada(introduced):
    return on_record("Admin", "ada")


@pytest.fixture
def vera(ada):
    vera, _password = user_accounts.add_person("vera", by=ada, roles=role("Viewer"))
    return vera


def role(*names):
    return list(Group.objects.filter(name__in=names))


def right(codename):
    return Permission.objects.get(codename=codename)


def by_sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def problem():
    while cover_records():
        pass
    chain_events()
    return verify_chain().problem


def migrate(change):
    """What ``migrate`` says before and after a migration that does this."""
    emit_pre_migrate_signal(verbosity=0, interactive=False, db="default")
    change()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


def test_everything_that_the_services_do_with_rights_is_as_its_event_says(ada, vera):
    user_accounts.change_roles(vera, role("Operator"), by=ada)
    user_accounts.switch_off(vera, by=ada)
    user_accounts.switch_on(vera, by=ada)
    user_accounts.reset_password(vera, by=ada)
    user_accounts.rename(vera, "Vera V.", by=ada)
    service_accounts.add_account("robot", by=ada, owner=ada, roles=role("Integration"))
    assert problem() == ""


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("user {vera}", "UPDATE auth_user SET is_superuser = true WHERE id = {vera}"),
        ("user {vera}", "UPDATE auth_user SET is_staff = true WHERE id = {vera}"),
        ("user {vera}", "UPDATE auth_user SET username = 'eve' WHERE id = {vera}"),
        ("user {off}", "UPDATE auth_user SET is_active = true WHERE id = {off}"),
        ("user {vera}", "INSERT INTO auth_user_groups (user_id, group_id) "
         "VALUES ({vera}, {admins})"),
        ("user {vera}", "DELETE FROM auth_user_groups WHERE user_id = {vera}"),
        ("user {vera}", "INSERT INTO auth_user_user_permissions "
         "(user_id, permission_id) VALUES ({vera}, {right})"),
        ("group {viewers}", "INSERT INTO auth_group_permissions "
         "(group_id, permission_id) VALUES ({viewers}, {right})"),
        ("group {viewers}", "DELETE FROM auth_group_permissions "
         "WHERE group_id = {viewers}"),
        ("group {viewers}", "UPDATE auth_group SET name = 'x' WHERE id = {viewers}"),
        ("group ", "UPDATE auth_permission SET codename = 'predict2' "
         "WHERE codename = 'predict'"),
        ("user ", "INSERT INTO auth_user (username, password, first_name, last_name, "
         "email, is_active, is_staff, is_superuser, date_joined) VALUES "
         "('eve', '!', '', '', '', true, true, true, '2026-01-01')"),
    ],
)  # fmt: skip
def test_a_right_that_sql_gave_or_took_is_named(ada, vera, kind, statement):
    off, _password = user_accounts.add_person("otto", by=ada)
    user_accounts.switch_off(off, by=ada)
    ids = {
        "vera": vera.pk,
        "off": off.pk,
        "admins": Group.objects.get(name="Admin").pk,
        "viewers": Group.objects.get(name="Viewer").pk,
        "right": right("change_trainingpolicy").pk,
    }
    assert problem() == ""

    by_sql(statement.format(**ids))

    assert problem().startswith(kind.format(**ids)), problem()
    with pytest.raises(CommandError):
        call_command("verify_audit")


def test_somebody_deleted_by_sql_is_missed(ada):
    gone = on_record("", "gone")
    assert problem() == ""
    by_sql(f"DELETE FROM auth_user WHERE id = {gone.pk}")
    assert problem().startswith(f"user {gone.pk} is gone")


def test_an_honest_change_does_not_cover_up_what_sql_gave(ada, vera):
    """The attack: superuser by SQL, then anything that writes a new event of her."""
    by_sql(f"UPDATE auth_user SET is_staff = true WHERE id = {vera.pk}")
    user_accounts.switch_off(User.objects.get(pk=vera.pk), by=ada)
    event = AuditEvent.objects.get(action="person.switched_off")

    assert problem().startswith(
        f"user {vera.pk} was changed before audit event {event.pk}"
    )
    with pytest.raises(CommandError, match="Say why"):
        call_command("accept_audit", person=["vera"], reason=" ")
    call_command("accept_audit", person=["vera"], reason="Our own script.")
    assert problem() == ""
    by_sql(f"UPDATE auth_user SET is_active = true WHERE id = {vera.pk}")
    assert problem().startswith(f"user {vera.pk} was changed")


def test_who_was_made_past_the_services_is_named_until_somebody_says_why(ada):
    stranger = person("Admin", "mallory")
    assert problem() == f"user {stranger.pk} has no audit event"
    call_command("accept_audit", person=["mallory"], reason="Made in a shell.")
    assert problem() == ""


def test_createsuperuser_leaves_an_event(introduced):
    call_command(
        "createsuperuser", username="root", email="", interactive=False, verbosity=0
    )
    root = User.objects.get(username="root")
    event = AuditEvent.objects.about(root).get()
    assert (event.action, event.actor) == ("person.created", None)
    assert problem() == ""
    call_command("ensure_people")
    assert problem() == ""


def test_what_the_admin_does_with_roles_and_rights_is_as_its_event_says(introduced):
    root = browser("")
    root.user.is_superuser = root.user.is_staff = True
    root.user.save()
    user_accounts.record_person_made_in_shell(root.user)
    vera = on_record("Viewer", "vera")
    made = {"name": "Clerk", "permissions": [right("view_case").pk]}

    root.post("/admin/auth/group/add/", made)
    clerk = Group.objects.get(name="Clerk")
    address = f"/admin/auth/group/{clerk.pk}"
    root.post(f"{address}/change/", {"name": "Clerks", "permissions": []})
    root.post(f"{address}/change/", {"name": "Office", "permissions": []})
    root.post("/admin/auth/group/add/", {"name": "Bare"})
    form = {
        "email": "", "first_name": "", "last_name": "", "is_superuser": "on",
        "is_staff": "on", "user_permissions": [right("view_case").pk],
        "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
    }  # fmt: skip
    root.post(f"/admin/auth/user/{vera.pk}/change/", form)
    assert problem() == ""
    root.post(f"{address}/delete/", {"post": "yes"})
    bare = Group.objects.get(name="Bare")
    chosen = {"action": "delete_selected", "_selected_action": bare.pk, "post": "yes"}
    root.post("/admin/auth/group/", chosen)

    vera.refresh_from_db()
    assert vera.is_superuser
    assert not Group.objects.filter(name__in=["Clerks", "Office", "Bare"]).exists()
    told = AuditEvent.objects.filter(action__startswith="role.").order_by("pk")
    assert [event.action for event in told if event.records] == [
        "role.rights_changed",
        "role.rights_changed",
        "role.renamed",
        "role.created",
        "role.deleted",
        "role.deleted",
    ]
    assert problem() == ""


def test_a_role_that_somebody_holds_is_not_deleted(ada, vera):
    with pytest.raises(roles.NotAllowedNow):
        roles.delete_role(role("Viewer")[0], by=ada)
    assert problem() == ""


def test_a_role_deleted_by_its_event_does_not_come_back(ada):
    clerk = Group.objects.create(name="Clerk")
    call_command("accept_audit", role=["Clerk"], reason="Made in a shell.")
    number = clerk.pk
    roles.delete_role(clerk, by=ada)
    assert problem() == ""
    by_sql(f"INSERT INTO auth_group (id, name) VALUES ({number}, 'Clerk')")
    assert problem().startswith(f"group {number} was changed")


def test_what_migrate_changes_in_a_role_is_told_and_nothing_else(introduced):
    call_command("migrate", verbosity=0)
    assert not AuditEvent.objects.filter(action__startswith="role.").exists()

    viewers = Group.objects.get(name="Viewer")
    migrate(lambda: viewers.permissions.remove(right("predict")))

    event = AuditEvent.objects.get(action="role.rights_changed")
    assert (event.detail["lost"], event.actor) == (["mlops.predict"], None)
    assert problem() == ""


def test_migrate_does_not_cover_up_what_sql_gave(introduced):
    viewers = Group.objects.get(name="Viewer")
    viewers.permissions.add(right("change_trainingpolicy"))
    migrate(lambda: viewers.permissions.remove(right("predict")))
    assert problem().startswith(f"group {viewers.pk} was changed before audit event")


def test_an_installation_from_before_takes_its_people_over_once(introduced):
    """Its trail was introduced when people and roles were no records."""
    marker = AuditEvent.objects.get(action=INTRODUCED)
    vera = person("Viewer", "vera")
    through = {
        kind: last
        for kind, last in marker.detail["through"].items()
        if kind not in ("user", "group")
    }
    _rewrite(marker, through)

    while cover_records():
        pass

    markers = AuditEvent.objects.filter(action=INTRODUCED).order_by("pk")
    assert [sorted(each.detail["through"]) for each in markers][1] == ["group", "user"]
    assert AuditEvent.objects.filter(action=ALL_TAKEN_OVER).count() == 2
    assert problem() == ""
    by_sql(f"UPDATE auth_user SET is_staff = true WHERE id = {vera.pk}")
    assert problem().startswith(f"user {vera.pk} was changed")


def _rewrite(marker, through):
    """As the event of an older version was."""
    from training.dbrules import TRAINING_RULES, put_up, take_down

    take_down(TRAINING_RULES)
    AuditEvent.objects.filter(pk=marker.pk).update(detail={"through": through})
    put_up(TRAINING_RULES)
