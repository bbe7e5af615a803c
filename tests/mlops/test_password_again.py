"""The password once more: what asks for it, and that what was typed is not lost."""

import inspect
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from mlops.serving import break_glass, freezes, selection
from preciso import action_origin, password_again
from tests.apis import Api, a_model_version, a_sealed_version, here, person
from tests.mlops.password_acts import (
    ACTS,
    AGAIN,
    API,
    ASKS,
    PAGES,
    PASSWORD,
    RULE,
    Form,
    ada_now,
    address,
    free_role,
    has_role,
    long_ago,
    rita_now,
    send_again,
    viewer,
)
from tests.mlops.people import by_htmx, signed_in, text
from tests.routes import ROUTES
from training.errors import PasswordNeeded
from training.models import (
    AccessEntry,
    AuditEvent,
    FailureCount,
    Loosening,
    TrainingPolicy,
)
from training.services.access import access_log
from training.services.people import roles, service_accounts, tokens, user_accounts
from training.services.people.tokens import create_token
from training.services.policy import loosening
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """She may do everything; her screen has been left open."""
    user = User.objects.create_superuser("ada", password=PASSWORD)
    return long_ago(signed_in(user))


@pytest.fixture
def rita():
    return person("Reviewer", "rita")


@pytest.fixture
def world(ada, rita, two_model_directories):
    """What every act is done to."""
    theo = person("Operator", "theo")
    dataset = a_sealed_version(theo)
    first, second, third = (
        a_model_version(dataset, two_model_directories[n % 2], by=theo)
        for n in range(3)
    )
    selection.select_version(first, by=theo)
    ends = timezone.now() + timedelta(days=1)
    freezes.plan_freeze(name="Quarter", starts_at=None, ends_at=ends, by=theo)
    asked = break_glass.request_switch(second, by=theo, reason="Urgent.")
    token, _secret = create_token(rita, by=None)
    change_policy(by=None, bars_own_cases=True)
    looser = loosening.ask_to_loosen(RULE, by=person("Admin"), reason="Two of us.")
    return {
        "person_id": rita.pk,
        "token_id": token.pk,
        "request_id": asked.pk,
        "version_id": third.pk,
        "id": str(asked.pk),
        "loosening_id": looser.pk,
    }


@pytest.mark.parametrize(("url", "form", "done"), ACTS)
def test_what_was_typed_is_kept_and_carried_out_with_the_password(
    ada, world, url, form, done
):
    free_role()
    told = everything_told()

    answer = ada.post(url(world), form())

    assert answer.status_code == 200
    assert ASKS in text(answer)
    assert everything_told() == told
    assert not is_done(done)

    carried_out = send_again(ada, answer)

    assert ASKS not in text(carried_out)
    assert carried_out.status_code in (200, 302)
    assert is_done(done)


def everything_told():
    return AuditEvent.objects.count(), LogEntry.objects.count()


def is_done(done):
    try:
        return done()
    except ObjectDoesNotExist:
        return False


def test_switching_on_asks_and_switches_on(ada, rita):
    User.objects.filter(pk=rita.pk).update(is_active=False)

    answer = ada.post(f"/settings/people/{rita.pk}/on/")
    still = rita_now().is_active
    send_again(ada, answer)

    assert not still
    assert rita_now().is_active


def test_of_the_rules_only_what_loosens_one_is_asked(ada):
    person("Admin")
    url = "/settings/rules/four-eyes/save/"
    tighter = ada.post(url, {"bars_own_cases": "on"})
    held = TrainingPolicy.objects.get().bars_own_cases

    asked = ada.post(url, {"two_people_select": "on", "why": "It is over."})
    before = TrainingPolicy.objects.get().two_people_select
    send_again(ada, asked)

    assert tighter.status_code == 302
    assert held
    assert not before
    assert ASKS in text(asked)
    assert TrainingPolicy.objects.get().two_people_select
    assert Loosening.objects.get().reason == "It is over."


def test_with_a_fresh_password_nothing_is_asked(ada, world):
    long_ago(ada, minutes=1)

    answer = ada.post(address("mlops:settings-person-off", world))

    assert answer.status_code == 302
    assert not rita_now().is_active


def test_a_secret_that_is_made_is_shown_after_the_password(ada, rita):
    asked = ada.post("/settings/tokens/new/", {"name": "Core", "user": ada.user.pk})

    shown = send_again(ada, asked)

    assert 'id="secret"' in text(shown)
    assert "no-store" in shown["Cache-Control"]


def test_a_form_that_is_wrong_says_so_first_and_asks_nothing(ada):
    answer = ada.post("/settings/people/add/", {"username": "", "name": "Mina"})

    assert answer.status_code == 409
    assert ASKS not in text(answer)
    assert "Mina" in text(answer)


def test_a_wrong_password_does_nothing_and_keeps_what_was_typed(ada, rita):
    asked = ada.post(f"/settings/people/{rita.pk}/roles/", {"roles": [viewer()]})

    wrong = send_again(ada, asked, "wrong")
    still = has_role("Reviewer")
    send_again(ada, wrong)

    assert wrong.status_code == 409
    assert "This is not your password." in text(wrong)
    assert "wrong" not in str(Form(wrong).fields)
    assert still
    assert has_role("Viewer")


def test_guessing_is_slowed_as_at_the_door_and_told(ada, rita):
    access_log.counters.__init__()
    asked = ada.post(f"/settings/people/{rita.pk}/off/")

    answers = [send_again(ada, asked, "wrong") for _try in range(11)]

    assert answers[-1].status_code == 429
    assert "Retry-After" in answers[-1]
    assert send_again(ada, answers[-1]).status_code == 429  # the right one, too
    assert rita_now().is_active
    access_log.counters.flush()
    told = AccessEntry.objects.filter(kind__in=["sign_in_failed", "locked_out"])
    assert dict(told.values_list("kind", "count")) == {
        "sign_in_failed": 10,
        "locked_out": 2,
    }


def test_a_password_typed_counts_for_some_minutes(ada, rita, settings):
    send_again(ada, ada.post(f"/settings/people/{rita.pk}/off/"))
    ada.post(f"/settings/people/{rita.pk}/on/")
    then = rita_now().is_active
    long_ago(ada, settings.PASSWORD_AGAIN_MINUTES + 1)

    answer = ada.post(f"/settings/people/{rita.pk}/off/")

    assert then
    assert ASKS in text(answer)


def test_htmx_gets_the_question_into_the_open_page(ada, rita):
    answer = by_htmx(ada, f"/settings/people/{rita.pk}/roles/", roles=viewer())

    assert answer["HX-Retarget"] == "#page"
    assert ASKS in text(answer)
    assert "<html" not in text(answer)
    send_again(ada, answer)
    assert has_role("Viewer")


# --- what is not kept ----------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        {"new_password1": "hunter2 hunter2"},
        {"client_secret": "hunter2 hunter2"},
        {f"reason {n}": "hunter2" + "x" * 19_000 for n in range(11)},
        {f"hunter2 {n}": "" for n in range(password_again.MOST_FIELDS + 1)},
        {"upload": SimpleUploadedFile("hunter2.csv", b"a,b")},
    ],
    ids=["a password", "a secret", "too much", "too many", "a file"],
)
def test_what_does_not_belong_into_a_page_is_not_written_into_it(ada, rita, sent):
    answer = ada.post(
        f"/settings/people/{rita.pk}/off/", sent, headers={"Referer": back(rita)}
    )

    assert "hunter2" not in text(answer)
    assert Form(answer).action == AGAIN
    assert f'value="/settings/people/{rita.pk}/"' in text(answer)
    assert rita_now().is_active


def back(rita):
    return f"http://testserver/settings/people/{rita.pk}/"


def test_the_password_alone_leads_back_and_counts(ada, rita):
    there = f"/settings/people/{rita.pk}/"

    wrong = ada.post(AGAIN, {"password": "wrong", "next": there})
    right = ada.post(AGAIN, {"password": PASSWORD, "next": there})
    ada.post(f"{there}off/")

    assert (wrong.status_code, right.url) == (409, there)
    assert not rita_now().is_active


def test_it_leads_nowhere_else(ada):
    asked = {"password": PASSWORD, "next": "https://elsewhere.example/"}

    assert ada.post(AGAIN, asked).url == "/mlops/"


def test_a_forged_form_tries_no_password(ada, rita):
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = ada.cookies
    url = f"/settings/people/{rita.pk}/off/"

    answer = forged.post(url, {password_again.FIELD: PASSWORD})

    assert answer.status_code == 403
    assert not FailureCount.objects.exists()
    assert rita_now().is_active


def test_a_stranger_tries_no_password(rita):
    answer = Client().post(
        f"/settings/people/{rita.pk}/off/", {password_again.FIELD: "x"}
    )

    assert answer.url.startswith("/signin/?")
    assert not FailureCount.objects.exists()


# --- over HTTP -----------------------------------------------------------------------


@pytest.mark.parametrize("name", API)
def test_a_session_over_http_is_told_to_type_it_and_a_token_has_none(world, name):
    olga = person("Admin", "olga")
    signed = here(olga)
    url = address(name, world).removeprefix("/api/v1/")
    long_ago(signed.client)

    refused = signed.post(url, API[name](world))
    by_token = Api(olga).post(url, API[name](world))
    signed.client.force_login(olga)
    done = signed.post(url, API[name](world))

    assert (refused.status_code, refused.json()["code"]) == (403, "password_needed")
    assert AGAIN in refused.json()["detail"]
    assert (by_token.status_code, by_token.json()["code"]) == (403, "person_needed")
    assert done.status_code in (200, 201)


# --- that none is forgotten ----------------------------------------------------------


def sends(name, place):
    """What a session of ada gets, whatever the address is; nothing of it stays."""
    visitor = long_ago(signed_in(ada_now()))
    if name.startswith("api-"):
        body = API[name](place) if name in API else {}
        return visitor.post(address(name, place), body, "application/json")
    form = PAGES[name][0]() if name in PAGES else {}
    return visitor.post(address(name, place), form)


def asks(answer):
    body = b"".join(answer) if answer.streaming else answer.content
    said = body.decode(errors="replace")
    return ASKS in said or '"password_needed"' in said


def test_these_addresses_ask_and_no_others(ada, world):
    found = set()
    for name in ROUTES:
        with transaction.atomic():
            if asks(sends(name, world)):
                found.add(name)
            transaction.set_rollback(True)

    assert found == {*PAGES, *API}


VERBS = {  # of the services for tokens, roles, people and break-glass: which ask
    "create_token": True,
    "revoke_token": True,
    "end_tokens": False,  # with what they belong to
    "add_account": True,
    "add_person": True,
    "change_roles": True,
    "switch_off": True,
    "switch_on": True,
    "reset_password": True,
    "rename": False,  # one's own name
    "begin_edit": True,
    "delete_role": True,
    "finish_edit": False,  # after begin_edit
    "lock_rights": False,  # inside of the others
    "request_switch": True,
    "confirm_switch": True,
    "refuse_switch": False,  # nothing is done then
    "change_and_ask": False,  # asks where it asks for a loosening
    "ask_to_loosen": True,
    "confirm_loosening": True,
    "decline_loosening": False,  # nothing is done then
}


def test_every_verb_of_these_services_says_whether_it_asks():
    found = {
        name: hasattr(verb, "asks_password")
        for module in (
            tokens,
            service_accounts,
            user_accounts,
            roles,
            break_glass,
            loosening,
        )
        for name, verb in vars(module).items()
        if inspect.isfunction(verb)
        and verb.__module__ == module.__name__
        and "by" in inspect.signature(verb).parameters
        and not name.startswith(("_", "is_"))
        and not (module is roles and name.startswith("refuse_"))
    }

    assert found == VERBS


def test_no_adapter_gets_round_it(rf, ada, rita):
    """The rule is the service's: whatever is written above it is asked."""
    for way in action_origin.REQUESTS:
        with action_origin.through(way), pytest.raises(PasswordNeeded):
            user_accounts.switch_off(rita, by=ada.user)
    with action_origin.through(action_origin.COMMAND):
        user_accounts.switch_off(rita, by=ada.user)

    assert not rita_now().is_active
