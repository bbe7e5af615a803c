"""Freezes, quarantine and withdrawn samples on the pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.models import BreakGlass, FreezeWindow
from mlops.serving.freezes import plan_freeze
from mlops.serving.selection import current_period, roll_back, select_version
from tests.apis import a_model_version, a_sealed_version, person
from tests.mlops.people import browser, by_htmx, text
from training.services.cases.approvals import withdraw_approval

pytestmark = pytest.mark.django_db
PAGE = "/mlops/models/"
PLAN = "/mlops/models/freezes/plan/"


@pytest.fixture
def theo():
    return browser("Operator", "theo")


@pytest.fixture
def olga():
    return browser("Operator", "olga")


@pytest.fixture
def ada():
    return browser("Admin", "ada")


@pytest.fixture
def dataset():
    return a_sealed_version(person("Reviewer", "rita"), size=6)


@pytest.fixture
def versions(two_model_directories, dataset, theo):
    made = [a_model_version(dataset, files) for files in two_model_directories]
    select_version(made[0], by=theo.user)
    return made


@pytest.fixture
def freeze(versions, ada):
    return plan_freeze(
        name="Quarter close", ends_at=timezone.now() + timedelta(days=2), by=ada.user
    )


def path(version, verb=""):
    return f"{PAGE}{version.pk}/" + (f"{verb}/" if verb else "")


def serves():
    return current_period().model_version


def a_withdrawal(dataset, by):
    sample = dataset.samples().filter(held_out=False, withdrawn_at=None).first()
    withdraw_approval(sample.case, by=by.user)


def test_a_freeze_is_planned_in_the_time_of_the_page(ada, versions):
    answer = ada.post(
        PLAN,
        {
            "name": "Audit",
            "starts_at": "2030-03-29T18:00",
            "ends_at": "2030-04-02T09:00",
        },
        follow=True,
    )

    freeze = FreezeWindow.objects.get()
    local = timezone.localtime(freeze.starts_at)
    assert (local.month, local.hour, freeze.created_by) == (3, 18, ada.user)
    assert "Audit" in text(answer)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": "Audit", "ends_at": "2020-01-01T09:00"}, "end after it starts"),
        ({"name": "Audit", "ends_at": "soon"}, "Until: Enter a valid date"),
        ({"name": "", "ends_at": "2030-01-01T09:00"}, "What for: This field is"),
    ],
)
def test_a_freeze_that_makes_no_sense_keeps_what_was_typed(ada, versions, typed, why):
    answer = by_htmx(ada, PLAN, **typed)

    assert answer.status_code == 409
    assert why in text(answer)
    assert f'value="{typed["ends_at"]}"' in text(answer)
    assert not FreezeWindow.objects.exists()


def test_in_a_freeze_every_page_says_so_and_offers_the_second_person(
    theo, versions, request
):
    assert path(versions[1], "select") in text(theo.get(PAGE))
    request.getfixturevalue("freeze")
    for page in ("/mlops/", "/mlops/training/", PAGE, path(versions[1])):
        assert "What serves is frozen: Quarter close." in text(theo.get(page))
    assert path(versions[1], "select") not in text(theo.get(PAGE))
    refused = by_htmx(theo, path(versions[1], "select"), reason="Better.")
    assert (refused.status_code, serves()) == (409, versions[0])


def test_one_asks_and_another_confirms(theo, olga, versions, freeze):
    by_htmx(theo, path(versions[1], "ask"), reason="Wrong denials.")
    asked = BreakGlass.objects.get()
    confirm = f"/mlops/models/switches/{asked.pk}/confirm/"

    mine, theirs = text(theo.get(PAGE)), text(olga.get(PAGE))
    alone = by_htmx(theo, confirm)
    assert "another person must confirm it" in mine
    assert confirm not in mine
    assert "Wrong denials." in theirs
    assert confirm in theirs
    assert (alone.status_code, serves()) == (409, versions[0])

    done = olga.post(confirm, {"reason": "Seen."}, follow=True)

    assert "serves now." in text(done)
    assert serves() == versions[1]


def test_asking_needs_a_reason(theo, versions, freeze):
    answer = by_htmx(theo, path(versions[1], "ask"), reason="")

    assert answer.status_code == 409
    assert "why this cannot wait" in text(answer)
    assert not BreakGlass.objects.exists()


def test_what_was_asked_can_be_refused(theo, olga, versions, freeze):
    by_htmx(theo, path(versions[1], "ask"), reason="Urgent.")
    asked = BreakGlass.objects.get()

    by_htmx(olga, f"/mlops/models/switches/{asked.pk}/refuse/")

    asked.refresh_from_db()
    assert (asked.decided_by, asked.period) == (olga.user, None)
    assert "Urgent." not in text(olga.get(PAGE))


def test_a_planned_freeze_is_called_off(ada, versions):
    day = timezone.now() + timedelta(days=1)
    freeze = plan_freeze(
        name="Audit", starts_at=day, ends_at=day + timedelta(1), by=ada.user
    )
    assert "Audit" in text(ada.get(PAGE))

    by_htmx(ada, f"/mlops/models/freezes/{freeze.pk}/call-off/")

    assert "Audit" not in text(ada.get(PAGE))


def test_a_rollback_is_undone_with_one_button(theo, versions):
    select_version(versions[1], by=theo.user)
    roll_back(by=theo.user)
    page = text(theo.get(PAGE))
    assert "Undo the rollback: v2 again" in page

    theo.post(path(versions[1], "select"), {"expected_current": str(versions[0].pk)})

    assert serves() == versions[1]
    assert "Undo the rollback" not in text(theo.get(PAGE))


def test_who_may_lift_the_hold_is_said_to_who_may_not(theo, versions):
    select_version(versions[1], by=theo.user)
    roll_back(by=theo.user)

    assert "May lift it: Admin, Operator" in " ".join(
        text(browser("Viewer").get(PAGE)).split()
    )


def test_quarantine_and_back(theo, versions):
    by_htmx(theo, path(versions[1], "quarantine"), reason="It denies everybody.")
    page = text(theo.get(path(versions[1])))
    assert "It denies everybody." in page
    assert by_htmx(theo, path(versions[1], "select")).status_code == 409

    by_htmx(theo, path(versions[1], "quarantine/lift"))

    assert by_htmx(theo, path(versions[1], "select")).status_code == 200


def test_what_serves_cannot_be_put_in_quarantine(theo, versions):
    assert path(versions[0], "quarantine") not in text(theo.get(path(versions[0])))
    answer = by_htmx(theo, path(versions[0], "quarantine"), reason="Odd.")

    assert answer.status_code == 409
    assert "roll back or select another" in text(answer)


def test_withdrawn_samples_are_accepted_with_a_reason(theo, dataset, versions):
    a_withdrawal(dataset, theo)
    page = text(theo.get(path(versions[1])))
    assert "It learnt from 1 sample that was withdrawn since." in page
    listing = f"/mlops/training/datasets/{dataset.pk}/samples/?part=withdrawn-later"
    assert listing in page
    assert theo.get(listing).context["page_obj"].paginator.count == 1

    refused = by_htmx(theo, path(versions[1], "accept-withdrawn"), reason="")
    assert refused.status_code == 409
    by_htmx(theo, path(versions[1], "accept-withdrawn"), reason="Known.")

    assert "withdrawn since" not in text(theo.get(path(versions[1])))
    assert by_htmx(theo, path(versions[1], "select")).status_code == 200


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_others_may_none_of_it(role, theo, versions, freeze):
    by_htmx(theo, path(versions[1], "ask"), reason="Urgent.")
    asked = BreakGlass.objects.get()
    nobody = browser(role)

    for address in (
        PLAN,
        f"/mlops/models/freezes/{freeze.pk}/call-off/",
        f"/mlops/models/switches/{asked.pk}/confirm/",
        f"/mlops/models/switches/{asked.pk}/refuse/",
        path(versions[1], "ask"),
        path(versions[1], "quarantine"),
        path(versions[1], "quarantine/lift"),
        path(versions[1], "accept-withdrawn"),
    ):
        assert nobody.post(address, {"reason": "Me."}).status_code == 403
    assert serves() == versions[0]
