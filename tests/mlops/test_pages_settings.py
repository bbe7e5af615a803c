"""Settings: switches with their source, the policy, people, API tokens."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.apis import person
from tests.mlops.people import browser, by_htmx, text
from tests.training.test_auto_waiting import a_sample_made_at
from training.models import ApiToken, AuditEvent, PipelineJob, TrainingPolicy
from training.services.policies import change_policy
from training.services.tokens import create_token, find_token

pytestmark = pytest.mark.django_db

POLICY = {  # the form as the page sends it
    "min_confidence": "80",
    "min_numbers_found": "60",
    "min_evidence": "1",
    "evidence_page": "",
    "evidence_bulk": "2",
    "evidence_api": "",
    "max_output_chars": "500",
    "max_contradictions": "0",
    "max_duplicates": "",
    "min_new_samples": "20",
    "undo_window_minutes": "10",
    "cooldown_minutes": "5",
    "runs_per_day": "3",
    "minutes_per_day": "",
    "training_scope": "all",
    "allowed_from": "09:00",
    "allowed_until": "18:00",
    "batch_schedule": "0 2 * * 1",
    "batch_min_new_samples": "1",
    "budget_minutes_per_day": "60",
    "budget_minutes_per_month": "",
    "price_per_minute": "0.1",
    "promote_margin": "0",
    "promote_min_cases": "100",
    "promote_max_drop": "5",
}
SAVE, SIMULATE = "/settings/policy/", "/settings/policy/simulate/"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOKENS = "/settings/tokens/"


@pytest.fixture
def ada():
    return browser("Admin", "ada")


def revoke(token):
    return f"/settings/tokens/{token.pk}/revoke/"


def test_a_switch_says_who_set_it_and_what_it_does(ada, settings):
    settings.AUTO_TRAIN_ON_APPROVAL = False
    ada.post("/mlops/training/auto/", {"auto": "on"})

    flags = {flag.name: flag for flag in ada.get("/settings/").context["flags"]}

    assert flags["AUTO_TRAIN_ON_APPROVAL"].value is True
    assert flags["AUTO_TRAIN_ON_APPROVAL"].source == "this page"
    assert flags["TRAINING_JOBS_ENABLED"].source == "the environment"


def test_the_policy_is_changed_and_the_change_is_audited(ada):
    answer = ada.post(SAVE, POLICY, follow=True)

    policy = TrainingPolicy.objects.get()
    change = AuditEvent.objects.get(action="policy.changed").detail
    assert "Saved." in text(answer)
    assert (policy.min_new_samples, policy.min_confidence) == (20, 0.8)
    assert policy.allowed_from == time(9)
    assert policy.min_evidence_by_source == {"bulk": 2}
    assert change["before"]["min_new_samples"] == 50
    assert "min_numbers_found" not in change["after"]  # it stayed as it was


def test_saving_what_is_shown_changes_nothing(ada):
    page = ada.get("/settings/")
    shown = {
        field.name: field.value()
        for field in page.context["policy_form"]
        if field.value() not in (None, False)
    }

    ada.post(SAVE, shown)

    assert not AuditEvent.objects.filter(action="policy.changed").exists()


def test_a_way_of_review_without_a_field_keeps_its_number(ada):
    change_policy(by=ada.user, min_evidence_by_source={"admin": 3, "page": 1})

    ada.post(SAVE, POLICY)

    kept = TrainingPolicy.objects.get().min_evidence_by_source
    assert kept == {"admin": 3, "bulk": 2}


WRONG = [
    ("min_confidence", "150"),
    ("min_new_samples", "0"),
    ("runs_per_day", "many"),
    ("undo_window_minutes", "99999999"),
    ("allowed_until", ""),
    ("allowed_until", "09:00"),
    ("batch_schedule", "every night"),
    ("price_per_minute", "-1"),
    ("evidence_page", "201"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_policy_that_makes_no_sense_is_refused_beside_its_field(ada, field, value):
    answer = by_htmx(ada, SAVE, **{**POLICY, field: value})

    assert answer.status_code == 409
    assert answer.context["policy_form"].errors.keys() == {field}
    assert text(answer).count("autofocus") == 1
    assert 'aria-invalid="true"' in text(answer)
    assert TrainingPolicy.objects.get().min_new_samples == 50


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
@pytest.mark.parametrize("address", [SAVE, SIMULATE])
def test_nothing_that_was_typed_is_lost_with_a_mistake(ada, address, headers):
    typed = {**POLICY, "min_new_samples": "77", "runs_per_day": "0", "days": "90"}
    answer = ada.post(address, typed, headers=headers)

    assert answer.status_code == 409
    assert 'name="min_new_samples" value="77"' in text(answer)
    assert '<option value="90" selected' in text(answer)


def test_a_change_by_somebody_else_meanwhile_is_not_overwritten_unseen(ada):
    seen = ada.get("/settings/").context["policy_seen"]
    change_policy(by=None, runs_per_day=9)

    first = by_htmx(ada, SAVE, **POLICY, seen=seen)
    again = by_htmx(ada, SAVE, **POLICY, seen=first.context["policy_seen"])

    assert first.status_code == 409
    assert "Somebody changed the rules meanwhile" in text(first)
    assert again.status_code == 200
    assert TrainingPolicy.objects.get().runs_per_day == 3


@pytest.fixture
def approved(clock):
    """Twenty approvals three days ago."""
    rita = person("Reviewer")
    clock.set(NOW)
    for _one in range(20):
        a_sample_made_at(NOW - timedelta(days=3), rita)


def test_a_policy_is_tried_before_it_is_saved(ada, approved):
    answer = by_htmx(ada, SIMULATE, **{**POLICY, "batch_schedule": ""}, days="7")

    shown = text(answer)
    assert "It would have trained once in the last 7 days" in shown
    assert "20 approvals were there" in shown
    assert "<svg" in shown
    assert "<html" not in shown
    assert TrainingPolicy.objects.get().min_new_samples == 50
    assert PipelineJob.objects.count() == 0


def test_the_policy_is_tried_without_javascript_and_what_was_typed_stays(ada, approved):
    nightly = {"batch_schedule": "0 2 * * *", "min_new_samples": "21", "days": "365"}

    answer = ada.post(SIMULATE, {**POLICY, **nightly})

    shown = text(answer)
    assert answer.status_code == 200
    assert "<html" in shown
    assert 'name="min_new_samples" value="21"' in shown
    assert "Trainings in each week" in shown  # of the schedule, too many days


def test_who_may_not_change_the_policy_may_try_the_one_that_holds(approved):
    answer = by_htmx(browser("Viewer"), SIMULATE, days="30", min_new_samples="1")

    assert "It would not have trained in the last 30 days." in text(answer)


def test_a_stranger_to_all_roles_tries_nothing():
    assert browser("").post(SIMULATE, {"days": "30"}).status_code == 403


def test_a_changed_policy_is_told_in_words_on_the_logs(ada):
    ada.post(SAVE, {**POLICY, "training_scope": "delta", "trains_while_on_hold": "on"})

    shown = text(ada.get("/logs/?area=policy"))
    for words in (
        "Reviewer&#x27;s confidence needed: 70 % \N{RIGHTWARDS ARROW} 80 %",
        "Auto trains from: not set \N{RIGHTWARDS ARROW} 09:00",
        "Schedule of Batch: not set \N{RIGHTWARDS ARROW} At 02:00, only on Monday",
        "Price of a training minute: 0 \N{RIGHTWARDS ARROW} 0.1",
        "way of review: not set \N{RIGHTWARDS ARROW} Bulk approval: 2",
        "Everything it contains \N{RIGHTWARDS ARROW} Only what is new in it",
        "while promotion is on hold: no \N{RIGHTWARDS ARROW} yes",
    ):
        assert words in shown
    assert "Held-out cases needed" not in shown  # it stayed as it was


def test_a_new_token_is_shown_once_and_works(ada):
    form = {"name": "Core banking", "user": ada.user.pk, "days": "30", "scope": "read"}

    shown = ada.post(TOKENS, form)

    secret = text(shown).split('id="secret">')[1].split("<")[0]
    assert find_token(secret).name == "Core banking"
    assert "no-store" in shown["Cache-Control"]
    assert secret not in text(ada.get("/settings/"))


def test_htmx_gets_the_new_token_in_place(ada):
    answer = by_htmx(ada, TOKENS, name="Import", user=ada.user.pk)

    assert answer.status_code == 200
    assert 'id="secret"' in text(answer)
    assert "<html" not in text(answer)


def test_a_token_for_nobody_is_not_made(ada):
    answer = by_htmx(ada, TOKENS, name="Import", user="999")

    assert answer.status_code == 409
    assert ApiToken.objects.count() == 0


def test_a_revoked_token_works_no_longer(ada):
    token, secret = create_token(ada.user, by=ada.user)

    ada.post(revoke(token))

    assert find_token(secret) is None
    assert "revoked" in text(ada.get("/settings/"))


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator", "Integration"])
def test_only_the_administrator_changes_settings(role):
    member = browser(role)
    token, secret = create_token(member.user, by=None)

    answers = [
        member.post(address, POLICY).status_code
        for address in (SAVE, TOKENS, revoke(token))
    ]

    assert answers == [403, 403, 403]
    assert find_token(secret) is not None
    assert TrainingPolicy.objects.get().min_new_samples == 50


def test_everybody_sees_who_is_here_and_in_which_role():
    browser("Operator", "theo")

    page = text(browser("Viewer").get("/settings/"))

    assert "theo" in page
    assert "Operator" in page
