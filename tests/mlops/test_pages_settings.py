"""Settings: switches with their source, the policy, people, API tokens."""

import pytest

from tests.mlops.people import browser, by_htmx, text
from training.models import ApiToken, AuditEvent, TrainingPolicy
from training.services.tokens import create_token, find_token

pytestmark = pytest.mark.django_db

POLICY = {
    "min_new_samples": "20",
    "cooldown_minutes": "5",
    "runs_per_day": "3",
    "min_confidence": "0.8",
    "min_evidence": "1",
    "max_output_chars": "500",
}
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
    answer = ada.post("/settings/policy/", POLICY, follow=True)

    policy = TrainingPolicy.objects.get()
    assert "Saved." in text(answer)
    assert (policy.min_new_samples, policy.min_confidence) == (20, 0.8)
    assert AuditEvent.objects.filter(action="policy.changed").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("min_confidence", "1.5"), ("min_new_samples", "0"), ("runs_per_day", "many")],
)
def test_a_policy_that_makes_no_sense_is_refused_beside_its_field(ada, field, value):
    answer = by_htmx(ada, "/settings/policy/", **{**POLICY, field: value})

    assert answer.status_code == 409
    assert 'aria-invalid="true"' in text(answer)
    assert TrainingPolicy.objects.get().min_new_samples == 50


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
        for address in ("/settings/policy/", TOKENS, revoke(token))
    ]

    assert answers == [403, 403, 403]
    assert find_token(secret) is not None
    assert TrainingPolicy.objects.get().min_new_samples == 50


def test_everybody_sees_who_is_here_and_in_which_role():
    browser("Operator", "theo")

    page = text(browser("Viewer").get("/settings/"))

    assert "theo" in page
    assert "Operator" in page
