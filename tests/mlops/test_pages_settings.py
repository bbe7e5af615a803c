"""Settings: switches with their source, the rules group by group, API tokens."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from mlops.pages.settings.policy_forms import PolicyForm
from mlops.pages.settings.rule_groups import RULE_GROUPS
from mlops.pages.shared.audit_labels import ARROW
from preciso.clock import DatabaseNow
from tests.apis import person
from tests.mlops.people import browser, by_htmx, text
from tests.training.test_auto_waiting import a_sample_made_at
from training.models import ApiToken, AuditEvent, PipelineJob, TrainingPolicy
from training.services.people.tokens import create_token, find_token
from training.services.policy.policies import change_policy

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
    "blind_share": "5",
    "agreement_alert_below": "",
    "agreement_alert_min_cases": "50",
}
RULES, TRY = "/settings/rules/", "/settings/rules/try/"
AUTO, GATE = "/settings/auto/", "/settings/rules/what-is-learnt-from/"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HASTY = {  # twenty approvals are enough
    name: POLICY[name]
    for name in RULE_GROUPS["when-auto-trains"].names
    if name in POLICY
}
TOKENS, NEW_TOKEN = "/settings/tokens/", "/settings/tokens/new/"


@pytest.fixture
def ada():
    return browser("Admin", "ada")


def group_of(field):
    """The part of the rules in which a field is changed."""
    return next(g for g in RULE_GROUPS.values() if field in g.names)


def address(field, what="save/"):
    return f"{RULES}{group_of(field).slug}/{what}"


def typed(field, **changed):
    """What a browser sends with the group of ``field``."""
    names = group_of(field).names
    shown = {name: POLICY[name] for name in names if name in POLICY}
    return {**shown, **changed}


def revoke(token):
    return f"/settings/tokens/{token.pk}/revoke/"


def test_a_switch_says_who_set_it_and_what_it_does(ada, settings):
    settings.AUTO_TRAIN_ON_APPROVAL = False
    ada.post("/mlops/training/auto/", {"auto": "on"})

    flags = {flag.name: flag for flag in ada.get("/settings/").context["switches"]}

    assert flags["AUTO_TRAIN_ON_APPROVAL"].value is True
    assert flags["AUTO_TRAIN_ON_APPROVAL"].source == "this page"
    assert flags["TRAINING_JOBS_ENABLED"].source == "the environment"


def test_auto_is_switched_and_given_back_to_the_environment(ada, settings):
    settings.AUTO_TRAIN_ON_APPROVAL = False

    on = by_htmx(ada, AUTO, auto="on")
    assert TrainingPolicy.objects.get().auto_enabled is True
    assert "Auto is on." in text(on)
    back = by_htmx(ada, AUTO, auto="environment")

    assert TrainingPolicy.objects.get().auto_enabled is None
    assert "Auto is off." in text(back)


def test_a_switch_knows_no_fourth_way(ada):
    answer = by_htmx(ada, AUTO, auto="maybe")

    assert answer.status_code == 409
    assert "Choose on, off" in text(answer)
    assert not AuditEvent.objects.exists()


def test_the_history_of_a_switch_says_who_and_from_what_to_what(ada):
    change_policy(by=ada.user, runs_per_day=9)
    ada.post(AUTO, {"auto": "on"})

    (entry,) = ada.get("/settings/").context["history"]

    assert (entry.who, str(entry.what)) == ("ada", "Policy changed")
    assert [str(said) for _name, said in entry.details] == [f"not set {ARROW} yes"]


def test_who_may_not_switch_sees_no_button(ada):
    assert AUTO in text(ada.get("/settings/"))
    assert AUTO not in text(browser("Operator").get("/settings/"))


def test_a_group_is_saved_alone_and_the_change_is_audited(ada):
    change_policy(by=None, price_per_minute="0.5")

    answer = ada.post(address("min_confidence"), typed("min_confidence"), follow=True)

    policy = TrainingPolicy.objects.get()
    change = AuditEvent.objects.filter(action="policy.changed").last().detail
    assert "Saved." in text(answer)
    assert (policy.min_confidence, policy.max_output_chars) == (0.8, 500)
    assert policy.min_evidence_by_source == {"bulk": 2}
    assert (policy.min_new_samples, str(policy.price_per_minute)) == (50, "0.5000")
    assert change["before"]["max_output_chars"] == 8000
    assert "min_numbers_found" not in change["after"]  # it stayed as it was


def test_a_group_ignores_what_belongs_to_another(ada):
    ada.post(address("min_confidence"), typed("min_confidence", min_new_samples="20"))

    assert TrainingPolicy.objects.get().min_new_samples == 50


def test_every_field_of_the_policy_is_in_exactly_one_group():
    grouped = [name for group in RULE_GROUPS.values() for name in group.names]

    assert sorted(grouped) == sorted(PolicyForm(instance=TrainingPolicy()).fields)


@pytest.mark.parametrize("slug", RULE_GROUPS)
def test_saving_what_is_shown_changes_nothing(ada, slug):
    page = ada.get(f"{RULES}{slug}/")
    shown = {
        field.name: field.value()
        for field in page.context["rule_form"]
        if field.value() is not None and field.value() is not False
    }

    answer = ada.post(f"{RULES}{slug}/save/", shown)

    assert answer.status_code == 302
    assert not AuditEvent.objects.filter(action="policy.changed").exists()


def test_a_way_of_review_without_a_field_keeps_its_number(ada):
    change_policy(by=ada.user, min_evidence_by_source={"admin": 3, "page": 1})

    ada.post(address("evidence_bulk"), typed("evidence_bulk"))

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
def test_a_rule_that_makes_no_sense_is_refused_beside_its_field(ada, field, value):
    answer = by_htmx(ada, address(field), **typed(field, **{field: value}))

    assert answer.status_code == 409
    assert answer.context["rule_form"].errors.keys() == {field}
    assert text(answer).count("autofocus") == 1
    assert 'aria-invalid="true"' in text(answer)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
@pytest.mark.parametrize("what", ["save/", "try/"])
def test_nothing_that_was_typed_is_lost_with_a_mistake(ada, what, headers):
    wrong = typed("runs_per_day", min_new_samples="77", runs_per_day="0", days="90")
    answer = ada.post(address("runs_per_day", what), wrong, headers=headers)

    assert answer.status_code == 409
    assert 'name="min_new_samples" value="77"' in text(answer)
    assert '<option value="90" selected' in text(answer)


def test_a_change_by_somebody_else_meanwhile_is_not_overwritten_unseen(ada):
    seen = ada.get(address("runs_per_day", "")).context["seen"]
    change_policy(by=None, runs_per_day=9)

    first = by_htmx(ada, address("runs_per_day"), **typed("runs_per_day"), seen=seen)
    now = first.context["seen"]
    again = by_htmx(ada, address("runs_per_day"), **typed("runs_per_day"), seen=now)

    assert first.status_code == 409
    assert "Somebody changed these rules meanwhile" in text(first)
    assert again.status_code == 200
    assert TrainingPolicy.objects.get().runs_per_day == 3


def test_a_change_of_other_rules_meanwhile_is_in_nobodys_way(ada):
    seen = ada.get(address("runs_per_day", "")).context["seen"]
    change_policy(by=None, min_confidence=0.5)

    answer = by_htmx(ada, address("runs_per_day"), **typed("runs_per_day"), seen=seen)

    policy = TrainingPolicy.objects.get()
    assert answer.status_code == 200
    assert (policy.runs_per_day, policy.min_confidence) == (3, 0.5)


def test_who_may_not_change_the_rules_reads_them_in_words(ada):
    change_policy(
        by=None, min_evidence_by_source={"bulk": 2}, batch_schedule="0 2 * * 1"
    )

    shown = [text(browser("Viewer").get(path)) for path in (RULES, GATE)]

    for page in shown:
        assert "<dd>70 %</dd>" in page
        assert "<dd>8,000</dd>" in page
        assert "as stated for all" in page
        assert 'name="min_confidence"' not in page
    assert "At 02:00, only on Monday (0 2 * * 1)" in shown[0]
    assert 'name="min_confidence"' in text(ada.get(GATE))


def test_a_group_that_is_not_there_is_not_found(ada):
    assert ada.get("/settings/rules/nothing/").status_code == 404
    assert ada.post("/settings/rules/nothing/save/").status_code == 404


@pytest.fixture
def approved(clock):
    """Twenty approvals three days ago."""
    rita = person("Reviewer")
    clock.set(NOW)
    for _one in range(20):
        a_sample_made_at(NOW - timedelta(days=3), rita)


def test_a_policy_is_tried_before_it_is_saved(ada, approved):
    change_policy(by=None, batch_schedule="")

    answer = by_htmx(ada, address("runs_per_day", "try/"), **HASTY, days="7")

    shown = text(answer)
    assert "It would have trained once in the last 7 days" in shown
    assert "20 approvals were there" in shown
    assert "<svg" in shown
    assert "<html" not in shown
    assert TrainingPolicy.objects.get().min_new_samples == 50
    assert PipelineJob.objects.count() == 0


def test_the_policy_is_tried_without_javascript_and_what_was_typed_stays(ada, approved):
    nightly = typed("batch_schedule", batch_schedule="0 2 * * *", days="365")

    answer = ada.post(address("batch_schedule", "try/"), nightly)

    shown = text(answer)
    assert answer.status_code == 200
    assert "<html" in shown
    assert 'name="batch_schedule" value="0 2 * * *"' in shown
    assert "Trainings in each week" in shown  # of the schedule, too many days


def test_who_may_not_change_the_policy_may_try_the_one_that_holds(approved):
    viewer = browser("Viewer")

    answer = by_htmx(viewer, TRY, days="30", min_new_samples="1")
    refused = by_htmx(viewer, address("runs_per_day", "try/"), **HASTY, days="30")

    assert "It would not have trained in the last 30 days." in text(answer)
    assert refused.status_code == 403


def test_a_span_of_days_that_nobody_offers_is_refused(ada):
    answer = by_htmx(ada, TRY, days="3")

    assert answer.status_code == 409
    assert "Days back" in text(answer)


def test_a_stranger_to_all_roles_tries_nothing():
    assert browser("").post(TRY, {"days": "30"}).status_code == 403


def test_a_changed_policy_is_told_in_words_on_the_logs(ada):
    delta = {"training_scope": "delta", "trains_while_on_hold": "on"}
    for group in RULE_GROUPS.values():
        field = group.names[0]
        ada.post(address(field), typed(field, **delta))

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

    shown = ada.post(NEW_TOKEN, form)

    secret = text(shown).split('id="secret">')[1].split("<")[0]
    assert find_token(secret).name == "Core banking"
    assert "no-store" in shown["Cache-Control"]
    assert secret not in text(ada.get(TOKENS))


def test_htmx_gets_the_new_token_in_place(ada):
    answer = by_htmx(ada, NEW_TOKEN, name="Import", user=ada.user.pk)

    assert answer.status_code == 200
    assert 'id="secret"' in text(answer)
    assert "<html" not in text(answer)


def test_a_token_for_nobody_is_not_made(ada):
    answer = by_htmx(ada, NEW_TOKEN, name="Import", user="999")

    assert answer.status_code == 409
    assert ApiToken.objects.count() == 0


def test_a_revoked_token_works_no_longer(ada):
    token, secret = create_token(ada.user, by=ada.user)

    ada.post(revoke(token))

    assert find_token(secret) is None
    assert "revoked" in text(ada.get(TOKENS))


def test_tokens_that_nobody_uses_stand_apart_each_with_a_button(ada):
    idle, used = (create_token(ada.user, by=None)[0] for _each in range(2))
    month = timedelta(days=31)
    ApiToken.objects.update(created_at=F("created_at") - month)
    ApiToken.objects.filter(pk=used.pk).update(last_used_at=DatabaseNow())

    _others, apart = text(ada.get(TOKENS)).split('id="idle-title"')
    section = apart.split("</section>")[0]
    ada.post(revoke(idle))
    after = text(ada.get(TOKENS))

    assert idle.prefix in section
    assert "never used" in section
    assert revoke(idle) in section
    assert used.prefix not in section
    assert 'id="idle-title"' not in after
    assert "revoked" in after


def test_the_admin_finds_tokens_that_nobody_uses(ada):
    ada.user.is_staff = True
    ada.user.save()
    idle, used = (create_token(ada.user, by=None)[0] for _each in range(2))
    old = F("created_at") - timedelta(days=31)
    ApiToken.objects.filter(pk=idle.pk).update(created_at=old)

    found = text(ada.get("/admin/training/apitoken/", {"use": "none"}))

    assert idle.prefix in found
    assert used.prefix not in found


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator", "Integration"])
def test_only_the_administrator_changes_settings(role):
    member = browser(role)
    token, secret = create_token(member.user, by=None)

    answers = [
        member.post(path, {**POLICY, "auto": "on"}).status_code
        for path in (AUTO, address("min_confidence"), NEW_TOKEN, revoke(token))
    ]

    assert answers == [403, 403, 403, 403]
    assert find_token(secret) is not None
    assert TrainingPolicy.objects.get().min_new_samples == 50
