"""People on the Settings page: added, given roles, switched off; nobody locked out."""

import re
from typing import ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from mlops.pages.shared.people import roles_matrix
from mlops.pages.shared.rights import OTHERS, matrix
from tests.apis import Api, person
from tests.mlops.people import browser, by_htmx, text
from training.errors import Forbidden, InvalidInput, NotAllowedNow, StaleState
from training.models import ApiToken, AuditEvent
from training.services.people import service_accounts, user_accounts
from training.services.people.tokens import create_token

pytestmark = pytest.mark.django_db

PEOPLE, ADD = "/settings/people/", "/settings/people/add/"


@pytest.fixture
def ada():
    return browser("Admin", "ada")


@pytest.fixture
def rita():
    rita = person("Reviewer", "rita")
    rita.first_name = "Rita"
    rita.save()
    return rita


def roles(*names):
    return list(Group.objects.filter(name__in=names))


def at(someone, what=""):
    return f"{PEOPLE}{someone.pk}/{what}"


def boxes(*names):
    return {"roles": [role.pk for role in roles(*names)]}


def secret_in(answer):
    return text(answer).split('id="secret">')[1].split("<")[0]


def held(someone):
    return sorted(group.name for group in User.objects.get(pk=someone.pk).groups.all())


def told(action):
    return AuditEvent.objects.get(action=action)


# --- looking ------------------------------------------------------------------------


def test_everybody_sees_who_is_here_and_in_which_role():
    browser("Operator", "theo")

    page = text(browser("Viewer").get(PEOPLE))

    assert "theo" in page
    assert "Operator" in page
    assert ADD not in page


def test_the_matrix_says_in_words_what_each_role_may():
    page = text(browser("Viewer").get("/settings/people/roles/"))

    assert "decide cases" in page
    assert "select the serving version" in page
    assert "review_case" not in page


def test_the_matrix_is_what_the_roles_hold():
    matrix = roles_matrix()
    names = [role.name for role in matrix.roles]
    rows = {str(row.words): row for _legend, rows in matrix.groups for row in rows}

    def who_may(words):
        return [
            n for n, mark in zip(names, rows[words].marks, strict=True) if mark == "yes"
        ]

    assert who_may("read every page") == names
    assert who_may("decide cases") == ["Admin", "Reviewer"]
    assert who_may("roll back") == ["Admin", "Operator"]
    assert who_may("change people and their roles") == ["Admin"]


def test_a_role_that_reads_only_some_pages_reads_in_part():
    some = Group.objects.create(name="Guest")
    some.permissions.add(Permission.objects.get(codename="view_case"))

    matrix = roles_matrix()

    reading = matrix.groups[0][1][0]
    place = [role.name for role in matrix.roles].index("Guest")
    assert reading.marks[place] == "part"


# --- adding -------------------------------------------------------------------------


def test_a_new_person_signs_in_with_the_password_that_is_shown_once(ada):
    form = {"username": "mina", "name": "Mina Kim", **boxes("Reviewer", "Viewer")}

    shown = ada.post(ADD, form)

    secret, mina = secret_in(shown), User.objects.get(username="mina")
    assert "no-store" in shown["Cache-Control"]
    assert Client().login(username="mina", password=secret) is True
    assert (mina.get_full_name(), held(mina)) == ("Mina Kim", ["Reviewer", "Viewer"])
    assert not mina.is_staff
    assert secret not in text(ada.get(at(mina)))
    assert secret not in str(told("person.created").detail)
    assert told("person.created").detail == {"roles": ["Reviewer", "Viewer"]}


def test_htmx_gets_the_new_person_in_place(ada):
    answer = by_htmx(ada, ADD, username="mina", **boxes("Operator"))

    assert answer.status_code == 200
    assert "<html" not in text(answer)
    assert secret_in(answer)
    assert User.objects.get(username="mina").is_staff  # operators open the admin


@pytest.mark.parametrize("name", ["", "two words", "Rita", "x" * 151])
def test_a_user_name_that_cannot_be_one_or_is_taken_is_refused(ada, rita, name):
    answer = by_htmx(ada, ADD, username=name, name="Somebody", **boxes("Viewer"))

    assert answer.status_code == 409
    assert 'value="Somebody"' in text(answer)
    assert User.objects.count() == 2
    assert not AuditEvent.objects.filter(action="person.created").exists()


def test_a_role_that_is_not_there_is_refused(ada):
    answer = by_htmx(ada, ADD, username="mina", roles="999")

    assert answer.status_code == 409
    assert not User.objects.filter(username="mina").exists()


# --- roles --------------------------------------------------------------------------


def test_other_roles_are_told_in_words_before_they_are_given(ada, rita):
    review = ada.get(at(rita, "roles/review/"), boxes("Reviewer", "Operator"))

    shown = re.sub(r"<[^>]+>", "", text(review))
    assert "Rita: Reviewer →becomes Operator, Reviewer" in shown
    assert "Rita may then additionally" in shown
    assert "select the serving version" in shown
    assert "decide cases" not in shown  # she may already
    assert held(rita) == ["Reviewer"]


def test_what_is_taken_away_is_told_as_well(ada, rita):
    shown = text(ada.get(at(rita, "roles/review/")))

    assert "Rita may then no longer" in shown
    assert "decide cases" in shown


def test_roles_are_changed_and_the_change_is_audited_in_words(ada, rita):
    reviewed = {"is_reviewed": "1", "seen": ["Reviewer"]}

    ada.post(at(rita, "roles/"), {**boxes("Reviewer", "Operator"), **reviewed})

    event = told("person.roles_changed")
    assert held(rita) == ["Operator", "Reviewer"]
    assert User.objects.get(pk=rita.pk).is_staff
    assert event.detail["before"] == {"roles": ["Reviewer"]}
    assert event.detail["after"] == {"roles": ["Operator", "Reviewer"]}
    assert "roles: Reviewer → Operator, Reviewer" in text(ada.get(at(rita)))


def test_the_same_roles_again_change_nothing(ada, rita):
    user_accounts.change_roles(rita, roles("Reviewer"), by=ada.user)

    assert not AuditEvent.objects.exists()


def test_roles_that_somebody_changed_meanwhile_are_looked_at_again(ada, rita):
    user_accounts.change_roles(rita, roles("Viewer"), by=ada.user)

    with pytest.raises(StaleState, match="meanwhile"):
        user_accounts.change_roles(
            rita, roles("Operator"), by=ada.user, expected=["Reviewer"]
        )

    assert held(rita) == ["Viewer"]


def test_nobody_changes_their_own_roles(ada):
    person("Admin", "alan")

    answer = by_htmx(ada, at(ada.user, "roles/"), **boxes("Viewer"))

    assert answer.status_code == 409
    assert "Nobody changes their own rights" in text(answer)
    assert held(ada.user) == ["Admin"]
    assert at(ada.user, "roles/review/") not in text(ada.get(at(ada.user)))
    assert not AuditEvent.objects.exists()


def test_one_of_two_administrators_may_go(ada):
    alan = person("Admin", "alan")

    ada.post(at(alan, "roles/"), boxes("Viewer"))

    assert held(alan) == ["Viewer"]


def test_each_right_that_a_change_of_roles_gives_or_takes_is_told(ada, rita):
    ada.post(at(rita, "roles/"), boxes("Viewer"))

    event = told("person.roles_changed")
    assert event.detail["gained"] == []
    assert event.detail["lost"] == ["training.record_outcome", "training.review_case"]
    page = text(ada.get("/logs/"))
    assert "may no longer: record what really happened, decide cases" in page


@pytest.fixture
def clerk():
    """A company cut its roles: this one manages people and nothing else."""
    role = Group.objects.create(name="Clerk")
    names = ["view_trainingpolicy", "add_user", "change_user", "view_apitoken"]
    role.permissions.set(Permission.objects.filter(codename__in=names))
    return browser("Clerk", "carl")


def test_nobody_gives_more_than_they_may_themselves(clerk):
    guest = person("", "guest")

    with pytest.raises(Forbidden, match="only give"):
        user_accounts.change_roles(guest, roles("Admin"), by=clerk.user)
    with pytest.raises(Forbidden, match="only give"):
        user_accounts.add_person("x", by=clerk.user, roles=roles("Operator"))
    user_accounts.change_roles(guest, roles("Clerk"), by=clerk.user)

    assert held(guest) == ["Clerk"]
    assert not User.objects.filter(username="x").exists()


@pytest.mark.parametrize(
    "act",
    [user_accounts.switch_off, user_accounts.switch_on, user_accounts.reset_password],
)
def test_nobody_changes_somebody_who_may_do_more(clerk, ada, act):
    root = User.objects.create_superuser("root")
    off = person("Admin", "olaf")
    User.objects.filter(pk=off.pk).update(is_active=False)
    off.refresh_from_db()

    for stronger in (ada.user, root, off):
        with pytest.raises(Forbidden, match="may do more than you"):
            act(stronger, by=clerk.user)

    assert not AuditEvent.objects.exists()
    assert "may do more than you" in text(clerk.get(at(ada.user)))


# --- off and on ---------------------------------------------------------------------


def test_who_is_switched_off_is_out_at_once_with_sessions_and_tokens(ada, rita):
    here, caller = Client(), Api(rita)
    here.force_login(rita)
    assert (here.get("/mlops/").status_code, caller.get("cases").status_code) == (
        200,
        200,
    )

    answer = by_htmx(ada, at(rita, "off/"))

    assert "Rita is switched off." in text(answer)
    assert here.get("/mlops/").status_code == 302
    assert caller.get("cases").status_code == 401
    assert told("person.switched_off").subject_label == "rita"


def test_switched_on_again_old_sessions_and_tokens_stay_ended(ada, rita):
    rita.set_password("right horse")
    rita.save()
    here, caller = Client(), Api(rita)
    here.force_login(rita)
    ada.post(at(rita, "off/"))

    ada.post(at(rita, "on/"))

    assert here.get("/mlops/").status_code == 302
    assert caller.get("cases").status_code == 401
    assert Client().login(username="rita", password="right horse") is True
    assert told("person.switched_on").actor == ada.user


def test_switching_somebody_off_ends_nobody_elses_session(ada, rita):
    before = Session.objects.count()
    by_htmx(ada, at(rita, "off/"))

    assert Session.objects.count() == before
    assert ada.get("/settings/").status_code == 200


def test_switching_twice_is_switching_once(ada, rita):
    for act in (
        user_accounts.switch_off,
        user_accounts.switch_off,
        user_accounts.switch_on,
        user_accounts.switch_on,
    ):
        act(rita, by=ada.user)

    assert told("person.switched_off")
    assert told("person.switched_on")


def test_nobody_switches_themselves_off(ada):
    person("Admin", "alan")

    answer = by_htmx(ada, at(ada.user, "off/"))

    assert answer.status_code == 409
    assert "Nobody switches themselves off" in text(answer)
    assert User.objects.get(pk=ada.user.pk).is_active
    assert at(ada.user, "off/") not in text(ada.get(at(ada.user)))


def test_the_last_administrator_is_not_switched_off():
    alan = person("Admin", "alan")
    program = User.objects.create(username="robot@service", password="!")
    program.groups.set(roles("Admin"))  # it cannot sign in, so it does not count

    with pytest.raises(NotAllowedNow, match="nobody could manage people"):
        user_accounts.switch_off(alan, by=program)

    assert User.objects.get(pk=alan.pk).is_active


# --- passwords ----------------------------------------------------------------------


def test_a_new_password_is_shown_once_and_ends_every_session(ada, rita):
    here = Client()
    here.force_login(rita)

    shown = ada.post(at(rita, "password/"))

    secret = secret_in(shown)
    assert "no-store" in shown["Cache-Control"]
    assert here.get("/mlops/").status_code == 302
    assert Client().login(username="rita", password=secret) is True
    assert secret not in text(ada.get(at(rita)))
    assert told("person.password_reset").detail == {}


def test_a_new_password_opens_a_sign_in_that_was_closed(ada, rita, client):
    for _try in range(10):
        last = client.post("/signin/", {"username": "rita", "password": "wrong"})
    assert last.status_code == 429

    secret = user_accounts.reset_password(rita, by=ada.user)

    answer = client.post("/signin/", {"username": "rita", "password": secret})
    assert answer.status_code == 302


class HashesCountingLocks(MD5PasswordHasher):
    """Hashes as usual, and notes how many transactions were open meanwhile."""

    algorithm = "md5_counting_locks"
    depths: ClassVar[list[int]] = []

    def encode(self, password, salt):
        self.depths.append(len(connection.atomic_blocks))
        return super().encode(password, salt)


def test_no_password_is_hashed_while_rights_are_locked(ada, rita, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.{HashesCountingLocks.__name__}"]
    outside = len(connection.atomic_blocks)
    HashesCountingLocks.depths.clear()

    user_accounts.add_person("vera", by=ada.user)
    user_accounts.reset_password(rita, by=ada.user)
    user_accounts.choose_password(rita, "a long one for rita")

    assert HashesCountingLocks.depths == [outside] * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda rita, ada: user_accounts.add_person("vera", by=ada),
        lambda rita, ada: user_accounts.reset_password(rita, by=ada),
        lambda rita, ada: service_accounts.add_account("import", by=ada, owner=rita),
    ],
    ids=["add a person", "reset a password", "add a service account"],
)
def test_who_was_switched_off_meanwhile_changes_nobody(ada, rita, change):
    hashed = User.objects.get(pk=rita.pk).password
    User.objects.filter(pk=ada.user.pk).update(is_active=False)

    with pytest.raises(Forbidden, match="switched off meanwhile"):
        change(rita, ada.user)

    assert User.objects.get(pk=rita.pk).password == hashed
    assert User.objects.count() == 2


def test_ones_own_password_is_changed_in_the_profile(ada):
    answer = by_htmx(ada, at(ada.user, "password/"))

    assert answer.status_code == 409
    assert "in your profile" in text(answer)


# --- who may ------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator", "Integration", ""])
def test_only_an_administrator_manages_people(role, rita):
    member = browser(role)
    token, _secret = create_token(rita, by=None)
    posts = [ADD, *(at(rita, what) for what in ("roles/", "off/", "on/", "password/"))]
    reads = [f"{PEOPLE}new/", at(rita), at(rita, "roles/review/")]

    answers = [member.post(path, {"username": "x", **boxes("Admin")}) for path in posts]
    answers += [member.get(path) for path in reads]

    assert {answer.status_code for answer in answers} == {403}
    assert held(rita) == ["Reviewer"]
    assert User.objects.get(pk=rita.pk).is_active
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None


def test_an_administrator_opens_every_page_of_people(ada, rita):
    for path in (PEOPLE, f"{PEOPLE}new/", at(rita), at(rita, "roles/review/")):
        page, part = ada.get(path), ada.get(path, headers={"HX-Request": "true"})
        assert page.status_code == part.status_code == 200
        assert "<h1>" in text(page)
        assert "<html" not in text(part)
    assert ada.get(f"{PEOPLE}999/").status_code == 404


def test_a_service_refuses_what_a_form_would_have(ada):
    with pytest.raises(InvalidInput):
        user_accounts.add_person("two words", by=ada.user)
    with pytest.raises(InvalidInput, match="already"):
        user_accounts.add_person("ADA", by=ada.user)


def test_what_was_done_to_people_is_told_in_words_on_the_logs(ada, rita):
    user_accounts.change_roles(rita, roles("Viewer", "Operator"), by=ada.user)
    user_accounts.switch_off(rita, by=ada.user)

    shown = text(ada.get("/logs/?area=person"))

    assert "Roles changed" in shown
    assert "Person switched off" in shown
    assert "roles: Reviewer → Operator, Viewer" in shown
    assert "person." not in shown


def test_every_verb_is_in_words_of_its_own():
    """What is missing in the table is shown by the name of its model, not as a verb."""
    assert OTHERS not in [legend for legend, _rights in matrix([])]
