"""One person is one person: neither tokens nor service accounts make a second one."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from mlops.models import BreakGlass
from mlops.serving import freezes, selection
from tests.apis import (
    Api,
    a_case,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    api,
    here,
    person,
)
from tests.database import refuses
from tests.mlops.people import signed_in
from training.models import AuditEvent, Case, Review, ServiceAccount
from training.models.accounts import name_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def frozen(two_model_directories):
    """A version that may only be selected by two people, and who may be both."""
    theo, olga = person("Operator", "theo"), person("Operator", "olga")
    dataset = a_sealed_version(theo)
    first, second = (
        a_model_version(dataset, each, by=theo) for each in two_model_directories
    )
    selection.select_version(first, by=theo)
    ends = timezone.now() + timedelta(days=1)
    freezes.plan_freeze(name="Quarter", starts_at=None, ends_at=ends, by=olga)
    return second, theo, olga


def test_a_token_of_a_colleague_confirms_no_break_glass(frozen):
    version, theo, olga = frozen
    wanted = {"model_version_id": str(version.pk), "reason": "Urgent."}
    asked = here(theo).post("serving/break-glass", wanted).json()

    answer = Api(olga).post(f"serving/break-glass/{asked['id']}/confirm")

    assert (answer.status_code, answer.json()["code"]) == (403, "person_needed")
    assert BreakGlass.objects.get().decided_at is None
    assert selection.current_period().model_version_id != version.pk


def test_a_token_of_a_colleague_asks_for_no_break_glass_to_be_confirmed(frozen):
    version, theo, _olga = frozen
    wanted = {"model_version_id": str(version.pk), "reason": "Urgent."}

    answer = Api(theo).post("serving/break-glass", wanted)

    assert (answer.status_code, answer.json()["code"]) == (403, "person_needed")
    assert not BreakGlass.objects.exists()


def test_a_token_is_no_second_reviewer_and_a_session_of_the_same_person_is():
    case, first, second = a_case(), api("Reviewer"), person("Reviewer")
    path = f"approvals/cases/{case.pk}/approve"
    first.post(path, {"confidence_score": 0.2})

    by_token = Api(second).post(path, {"confidence_score": 0.9})
    case.refresh_from_db()
    still = case.status
    signed_in = here(second).post(path, {"confidence_score": 0.9})

    assert (by_token.status_code, by_token.json()["code"]) == (403, "person_needed")
    assert still == "needs_review"
    assert signed_in.json()["status"] == "approved"


def test_a_token_resolves_no_second_review_in_bulk():
    first, second = api("Reviewer"), person("Reviewer")
    case = a_case()
    path = f"approvals/cases/{case.pk}/approve"
    first.post(path, {"confidence_score": 0.2})

    Api(second).post("approvals/bulk", {"case_ids": [str(case.pk)]})

    assert Case.objects.get(pk=case.pk).status == "needs_review"


def approve(caller, case, sure):
    path = f"approvals/cases/{case.pk}/approve"
    return caller.post(path, {"confidence_score": 0.9 if sure else 0.2})


def on_page(user, case):
    """Sure, by pressing Agree."""
    place = f"/mlops/approvals/{case.pk}/approve/"
    signed_in(user).post(place, {"decision": "approve", "confidence": "0.95"})


def by_token(user, case):
    approve(Api(user), case, sure=True)


def by_session(user, case):
    approve(here(user), case, sure=True)


@pytest.mark.parametrize("first", [Api, here], ids=["token", "signed in"])
@pytest.mark.parametrize("second", [on_page, by_token, by_session])
def test_one_persons_token_and_page_are_one_opinion(first, second):
    """First by the token and then on the page, or the other way round."""
    case, rita, rolf = a_case(), person("Reviewer"), person("Reviewer")
    approve(first(rita), case, sure=False)

    second(rita, case)
    case.refresh_from_db()
    refused = (case.status, case.reviews.count())
    on_page(rolf, case)
    case.refresh_from_db()

    assert refused == ("needs_review", 1)
    assert (case.status, case.reviews.count()) == ("approved", 2)


def test_two_tokens_of_one_person_are_one_opinion():
    case, rita = a_case(), person("Reviewer")
    approve(Api(rita), case, sure=False)

    answer = approve(Api(rita), case, sure=True)

    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "second_reviewer_needed",
    )
    assert Case.objects.get(pk=case.pk).status == "needs_review"


def reviewing(name="nightly@service"):
    user = program(name).user
    user.groups.add(Group.objects.get(name="Reviewer"))
    return user


def test_what_a_program_said_first_is_no_persons_first_opinion():
    """Else its owner would let it be unsure, and be the second person alone."""
    case, rita, rolf = a_case(), person("Reviewer"), person("Reviewer")
    approve(Api(reviewing()), case, sure=False)

    approve(here(rita), case, sure=False)
    case.refresh_from_db()
    still = case.status
    again = approve(here(rita), case, sure=True)
    approve(here(rolf), case, sure=False)
    case.refresh_from_db()

    assert still == "needs_review"
    assert again.json()["code"] == "second_reviewer_needed"
    assert case.status == "approved"


def test_a_program_is_neither_the_second_opinion_nor_both():
    first, second = reviewing(), reviewing("daily@service")
    case, other = a_case(), a_case()
    approve(Api(first), case, sure=False)
    approve(Api(person("Reviewer")), other, sure=False)

    for case_asked in (case, other):
        answer = approve(Api(second), case_asked, sure=True)
        assert (answer.status_code, answer.json()["code"]) == (403, "person_needed")
    assert approve(Api(first), case, sure=True).status_code in (403, 409)
    assert not Case.objects.filter(status="approved").exists()


def test_the_database_takes_no_second_opinion_of_a_program():
    case, rita, rolf = a_case(), person("Reviewer"), person("Reviewer")
    second = {"case": case, "action": "approve", "decision": "deny", "source": "api"}
    of_a_program = {**second, "by": reviewing()}
    approve(Api(rita), case, sure=False)

    refuses(lambda: Review.objects.create(**of_a_program))
    Review.objects.create(**second, by=rolf)


def program(name="nightly@service"):
    user = User.objects.create(username=name, password="!")
    return ServiceAccount.objects.create(user=user, owner=person("Admin"))


def test_the_name_of_a_service_account_marks_it_wherever_it_acts():
    user = program().user

    an_approved_case(user)

    assert AuditEvent.objects.filter(actor_label="nightly@service").exists()
    assert name_of(user) == "nightly (service account)"
    user.first_name = "Nightly export"
    assert name_of(user) == "Nightly export (service account)"


@pytest.mark.parametrize(
    "change",
    [
        {"password": "md5$salt$hash"},
        {"is_staff": True},
        {"is_superuser": True},
        {"username": "nightly"},
    ],
)
def test_the_database_lets_no_service_account_become_a_person(change):
    user = program().user

    refuses(lambda: User.objects.filter(pk=user.pk).update(**change))


def test_the_database_makes_no_person_a_service_account():
    rita, ada = person("Reviewer", "rita"), person("Admin", "ada")

    refuses(
        lambda: User.objects.filter(pk=rita.pk).update(
            username="rita@service", password="!"
        )
    )
    refuses(lambda: ServiceAccount.objects.create(user=rita, owner=ada))
    refuses(
        lambda: User.objects.create_user("Sneaky@SERVICE", password="a password of one")
    )


def test_the_database_lets_no_service_account_own_one_or_be_deleted():
    account = program()
    other = User.objects.create(username="other@service", password="!")

    refuses(lambda: ServiceAccount.objects.create(user=other, owner=account.user))
    refuses(
        lambda: ServiceAccount.objects.filter(pk=account.pk).update(owner=account.user)
    )
    refuses(lambda: ServiceAccount.objects.filter(pk=account.pk).delete())
