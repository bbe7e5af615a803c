"""Nobody gives themselves rights, by whichever way; and somebody can always manage."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from tests.apis import person
from tests.installation import Installation
from tests.mlops.people import browser, signed_in, text
from training.errors import Forbidden, InvalidInput, NotAllowedNow
from training.models import ApiToken, AuditEvent, ServiceAccount
from training.services.people import roles, service_accounts, user_accounts
from training.services.people.tokens import create_token, find_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """An administrator by role, who may open the admin."""
    ada = person("Admin", "ada")
    ada.is_staff = True
    ada.save()
    return signed_in(ada)


def group(name):
    return Group.objects.get(name=name)


def right(codename):
    return Permission.objects.get(codename=codename)


def of_role(visitor, role, *codenames, name=""):
    """The admin's form of a role, with these rights ticked."""
    url = reverse("admin:auth_group_change", args=[role.pk])
    chosen = [right(codename).pk for codename in codenames]
    return visitor.post(
        url, {"name": name or role.name, "permissions": chosen}, follow=True
    )


def rights(role):
    return set(role.permissions.values_list("codename", flat=True))


def of_person(visitor, someone, **changed):
    url = reverse("admin:auth_user_change", args=[someone.pk])
    joined = someone.date_joined
    body = {
        "date_joined_0": joined.date().isoformat(),
        "date_joined_1": joined.time().isoformat("seconds"),
    }
    return visitor.post(url, {**body, **changed}, follow=True)


# --- in the Django admin ------------------------------------------------------------


def test_a_role_that_one_holds_is_not_changed_by_its_holder(ada):
    admin = group("Admin")
    before = rights(admin)

    answer = of_role(ada, admin, "view_case")

    assert answer.status_code == 403
    assert rights(admin) == before


def test_nobody_gives_a_role_what_they_have_not(ada):
    admin = group("Admin")
    admin.permissions.remove(right("roll_back"))

    answer = of_role(ada, group("Viewer"), "view_case", "roll_back")

    assert "You can only give what you may do yourself." in text(answer)
    assert "roll_back" not in rights(group("Viewer"))
    assert not AuditEvent.objects.filter(action="role.changed").exists()


def test_nobody_makes_a_new_role_with_what_they_have_not(ada):
    group("Admin").permissions.remove(right("roll_back"))
    url = reverse("admin:auth_group_add")

    body = {"name": "New", "permissions": [right("roll_back").pk]}
    answer = ada.post(url, body, follow=True)

    assert "You can only give what you may do yourself." in text(answer)
    assert not Group.objects.filter(name="New").exists()


def test_each_right_of_a_changed_role_is_told_in_words(ada):
    viewer = group("Viewer")
    keep = rights(viewer) - {"predict"}

    of_role(ada, viewer, *keep, "review_case")

    event = AuditEvent.objects.get(action="role.rights_changed")
    assert event.detail["gained"] == ["training.review_case"]
    assert event.detail["lost"] == ["mlops.predict"]
    assert event.via == "admin"
    page = text(ada.get("/logs/"))
    assert "may now: decide cases" in page
    assert "may no longer: ask the model for predictions" in page


def test_the_last_administrator_does_not_go_by_way_of_a_role():
    person("Admin", "ada")
    program = User.objects.create(username="robot@service", password="!")
    program.user_permissions.set(Permission.objects.all())
    admin = group("Admin")
    before = roles.stored_rights(admin)
    admin.permissions.remove(right("change_user"))

    with pytest.raises(NotAllowedNow, match="nobody could manage people"):
        roles.finish_edit(admin, before, by=program)


def test_nobody_changes_their_own_columns_of_rights():
    root = User.objects.create_superuser("root")
    visitor = signed_in(root)

    of_person(visitor, root, user_permissions=[right("view_case").pk], email="a@b.cd")

    root.refresh_from_db()
    assert (root.is_superuser, root.is_staff, root.email) == (True, True, "a@b.cd")
    assert not root.user_permissions.exists()


def test_rights_of_a_person_given_by_a_superuser_are_told():
    root, rita = User.objects.create_superuser("root"), person("Reviewer", "rita")

    of_person(
        signed_in(root), rita, user_permissions=[right("roll_back").pk], is_staff="on"
    )

    event = AuditEvent.objects.get(action="person.rights_changed")
    assert event.detail["gained"] == ["is_staff", "mlops.roll_back"]


def test_a_service_account_is_changed_nowhere_in_the_admin():
    root = User.objects.create_superuser("root")
    program = User.objects.create(username="robot@service", password="!")

    answer = of_person(signed_in(root), program, is_staff="on", is_superuser="on")

    program.refresh_from_db()
    assert answer.status_code == 403
    assert (program.is_staff, program.is_superuser) == (False, False)


def test_the_admin_changes_no_password_past_the_service():
    root, rita = User.objects.create_superuser("root"), person("Reviewer", "rita")
    visitor = signed_in(root)
    typed = {"password1": "another one 99", "password2": "another one 99"}

    there = visitor.post(f"/admin/auth/user/{rita.pk}/password/", typed)
    own = visitor.post("/admin/password_change/", typed)

    assert there.url == f"/settings/people/{rita.pk}/"
    assert own.url == "/profile/"


# --- tokens and service accounts ----------------------------------------------------


@pytest.mark.parametrize("is_root", [False, True])
def test_nobody_makes_a_token_of_somebody_else_not_even_the_superuser(is_root):
    maker = User.objects.create_superuser("root") if is_root else person("Admin")
    rita = person("Reviewer", "rita")
    form = {"name": "Spare", "user": rita.pk, "days": 30}

    answer = signed_in(maker).post("/settings/tokens/new/", form)
    with pytest.raises(Forbidden, match="everybody makes their own") as refusal:
        create_token(rita, by=maker)

    assert answer.status_code == 409
    assert refusal.value.code == "own_tokens_only"
    assert not ApiToken.objects.exists()


def test_tokens_from_before_still_work():
    _token, secret = create_token(person("Reviewer"), by=None)

    assert find_token(secret) is not None


def made(visitor, **changed):
    form = {"account": "nightly", "purpose": "Export", "owner": visitor.user.pk}
    return visitor.post("/settings/tokens/account/", {**form, **changed})


def test_a_service_account_is_made_and_gets_a_token(ada):
    made(ada, roles=[group("Integration").pk])

    account = ServiceAccount.objects.get()
    form = {"name": "Export", "user": account.user_id, "days": 30}
    answer = ada.post("/settings/tokens/new/", form)
    assert (account.user.username, account.owner) == ("nightly@service", ada.user)
    assert not account.user.has_usable_password()
    assert 'id="secret"' in text(answer)
    assert AuditEvent.objects.get(action="account.created").detail["owner"] == "ada"
    for page in ("/settings/people/", "/settings/tokens/", "/logs/"):
        assert "nightly@service" in text(ada.get(page))
    for page in ("/settings/people/", f"/settings/people/{account.user_id}/"):
        assert "With tokens only" in text(ada.get(page))


def test_a_service_account_gets_no_more_than_its_maker_has(ada):
    group("Admin").permissions.remove(right("roll_back"))

    answer = made(ada, roles=[group("Operator").pk])

    assert answer.status_code == 409
    assert "You can only give what you may do yourself." in text(answer)
    assert not ServiceAccount.objects.exists()


def test_a_token_of_a_stronger_service_account_is_not_made(ada):
    account = service_accounts.add_account(
        "nightly", by=ada.user, owner=ada.user, roles=[group("Operator")]
    )
    group("Admin").permissions.remove(right("roll_back"))

    with pytest.raises(Forbidden, match="may do more than you"):
        create_token(account.user, by=User.objects.get(pk=ada.user.pk))


def test_a_service_account_cannot_sign_in_not_even_with_a_session(ada):
    account = service_accounts.add_account("nightly", by=ada.user, owner=ada.user)
    visitor = signed_in(account.user)

    assert visitor.get("/mlops/").status_code == 302
    assert visitor.get("/admin/").status_code == 302


def test_a_service_account_has_no_password_to_be_made_anew(ada):
    account = service_accounts.add_account("nightly", by=ada.user, owner=ada.user)

    answer = ada.post(f"/settings/people/{account.user_id}/password/", follow=True)

    assert "A service account has no password" in text(answer)


@pytest.mark.parametrize("name", ["", "two words", "NIGHTLY", "nightly@service"])
def test_a_name_that_cannot_be_one_or_is_taken_is_refused(ada, name):
    service_accounts.add_account("nightly", by=ada.user, owner=ada.user)

    assert made(ada, account=name).status_code == 409
    assert ServiceAccount.objects.count() == 1


def test_a_person_is_not_named_like_a_program_and_owns_one(ada):
    program = service_accounts.add_account("nightly", by=ada.user, owner=ada.user).user

    with pytest.raises(InvalidInput, match="@service"):
        user_accounts.add_person("mina@service", by=ada.user)
    with pytest.raises(InvalidInput, match="owner"):
        service_accounts.add_account("other", by=ada.user, owner=program)


def test_only_who_may_makes_service_accounts():
    assert made(browser("Operator")).status_code == 403
    assert not ServiceAccount.objects.exists()


# --- at the same moment -------------------------------------------------------------

AT_ONCE = """
from threading import Barrier, Thread
from django.contrib.auth.models import Group, User
from django.db import connection
from training.services.people import user_accounts
from training.services.people import roles
admin = Group.objects.get(name="Admin")
rounds = []
for n in range(4):
    User.objects.update(is_active=False)
    pair = [User.objects.create_user(f"p{n}{each}") for each in "ab"]
    for each in pair:
        each.groups.add(admin)
    said, barrier = [], Barrier(2)
    def play(me, other):
        me, other = User.objects.get(pk=me.pk), User.objects.get(pk=other.pk)
        me.get_all_permissions()
        barrier.wait()
        try:
            user_accounts.change_roles(other, [], by=me)
            said.append("done")
        except BaseException as error:
            said.append(type(error).__name__)
        finally:
            connection.close()
    threads = [Thread(target=play, args=each) for each in (pair, pair[::-1])]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    left = [each.username for each in roles.administrators()]
    rounds.append([sorted(said), len(left)])
answer = rounds
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def test_of_two_who_take_each_others_role_one_stays(database, request, tmp_path):
    environment = {}
    if database == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    here = Installation(tmp_path, **environment)
    try:
        here.manage("migrate", "--verbosity", "0")
        rounds = here.run(AT_ONCE)
    finally:
        here.stop()

    assert rounds == [[["Forbidden", "done"], 1]] * 4
