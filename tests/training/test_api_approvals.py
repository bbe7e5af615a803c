"""Reviews over HTTP: the sample they yield, and why Auto trains or does not."""

import pytest

from tests.apis import a_case, an_approved_case, api, here, person
from training.models import Case, Review, Sample, TrainingRun

pytestmark = pytest.mark.django_db


def approve(caller, case, body=None):
    return caller.post(f"approvals/cases/{case.pk}/approve", body)


def test_an_approval_yields_a_sample_and_says_why_auto_does_not_train():
    case, caller = a_case(), api("Reviewer")

    answer = approve(
        caller,
        case,
        {
            "decision": {"decision": "deny", "rationale": "Too much debt."},
            "reasoning": "Checked twice.",
            "confidence_score": 0.9,
        },
    )

    assert answer.status_code == 200
    body = answer.json()
    sample = Sample.objects.get()
    assert body["status"] == "approved"
    assert body["sample"]["id"] == str(sample.pk)
    assert body["sample"]["gate"]["status"] == "candidate"
    assert {"check", "value", "limit", "ok"} <= body["sample"]["gate"]["checks"][
        0
    ].keys()
    assert body["auto"]["submitted"] is False
    assert body["auto"]["job_id"] is None
    rules = body["auto"]["rules"]
    assert {"rule", "value", "limit", "ok", "next_possible"} == rules[0].keys()
    assert any(not rule["ok"] for rule in rules)
    review = Review.objects.get()
    assert (review.decision, review.rationale) == ("deny", "Too much debt.")
    assert (review.reasoning, review.confidence) == ("Checked twice.", 0.9)
    assert review.by == caller.user


def test_the_case_then_shows_the_review_and_the_sample():
    case, caller = a_case(), api("Reviewer")
    approve(caller, case, {"decision": {"decision": "deny"}, "confidence_score": 1})

    shown = caller.get(f"cases/{case.pk}").json()

    assert shown["status"] == "approved"
    assert shown["decision"] == "deny"
    assert shown["review"]["decision"] == "deny"
    assert shown["review"]["action"] == "approve"
    assert shown["review"]["by"] == caller.user.username
    assert shown["review"]["at"].endswith("Z")
    assert shown["sample_id"] == str(Sample.objects.get().pk)


@pytest.mark.parametrize("body", [{}, {"decision": None}, {"decision": {}}])
def test_no_decision_accepts_the_recommendation(body):
    case = a_case()

    answer = approve(api("Reviewer"), case, body)

    assert answer.status_code == 200
    assert Review.objects.get().decision == "approve"


def test_without_a_recommendation_there_is_nothing_to_accept():
    case = a_case(recommendation=None)

    answer = approve(api("Reviewer"), case)

    assert answer.status_code == 409
    assert answer.json()["code"] == "no_recommendation"
    assert not Review.objects.exists()


def test_an_approved_case_is_not_approved_again():
    case = an_approved_case(person("Reviewer"))

    answer = approve(api("Reviewer"), case)

    assert answer.status_code == 409
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"decision": "approve"}, "decision: must be an object"),
        ({"decision": {"decision": 1}}, "decision.decision: must be a text"),
        ({"decision": {"decision": "  "}}, "blank"),
        ({"reasoning": 1}, "reasoning: must be a text"),
        ({"confidence_score": "high"}, "confidence_score: must be a number"),
        ({"confidence_score": True}, "confidence_score: must be a number"),
        ({"confidence_score": 1.5}, "confidence_score"),
        ({"confidence_score": 10**400}, "confidence_score"),
        ([], "object"),
        ("approve", "object"),
    ],
)
def test_a_malformed_approval_is_refused_naming_the_field(body, named):
    case = a_case()

    answer = approve(api("Reviewer"), case, body)

    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"decison": {"decision": "deny"}}, "decison is no field"),
        ({"decision": {"decison": "deny"}}, "decision.decison is no field"),
        ({"colour": None}, "colour is no field"),
    ],
)
def test_a_field_that_nobody_knows_approves_nothing(body, named):
    answer = approve(api("Reviewer"), a_case(), body)

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert named in answer.json()["detail"]
    assert not Review.objects.exists()


def test_null_is_as_good_as_absent():
    body = {"decision": None, "reasoning": None, "confidence_score": None}

    assert approve(api("Reviewer"), a_case(), body).json()["decision"] == "approve"


def test_a_low_confidence_sends_the_case_to_a_second_reviewer():
    case, first, second = a_case(), api("Reviewer"), here(person("Reviewer"))

    unsure = approve(first, case, {"confidence_score": 0.2}).json()
    same = approve(first, case, {"confidence_score": 0.9})
    sure = approve(second, case, {"confidence_score": 0.9}).json()

    assert unsure["status"] == "needs_review"
    assert unsure["sample"]["gate"]["status"] == "needs_review"
    assert same.status_code == 409
    assert sure["status"] == "approved"
    assert sure["sample"]["gate"]["status"] == "candidate"


@pytest.mark.parametrize(
    ("verb", "status"),
    [("reject", "rejected"), ("request-changes", "changes_requested")],
)
def test_a_case_can_be_turned_down_or_sent_back(verb, status):
    case, caller = a_case(), api("Reviewer")

    answer = caller.post(f"approvals/cases/{case.pk}/{verb}", {"reasoning": "Unclear."})

    assert answer.status_code == 200
    assert answer.json()["status"] == status
    assert answer.json()["review"]["reasoning"] == "Unclear."
    assert not Sample.objects.exists()


@pytest.mark.parametrize("verb", ["reject", "request-changes"])
def test_a_decided_case_stays_decided(verb):
    case = an_approved_case(person("Reviewer"))

    answer = api("Reviewer").post(f"approvals/cases/{case.pk}/{verb}")

    assert answer.status_code == 409
    assert Case.objects.get().status == "approved"


def test_an_approval_can_be_withdrawn_and_its_sample_leaves():
    case, caller = an_approved_case(person("Reviewer")), api("Reviewer")

    answer = caller.post(f"approvals/cases/{case.pk}/withdraw", {"reasoning": "Wrong."})

    assert answer.status_code == 200
    assert answer.json()["status"] == "awaiting_review"
    assert answer.json()["sample_id"] is None
    assert Sample.objects.get().withdrawn_at is not None


def test_only_an_approval_can_be_withdrawn():
    answer = api("Reviewer").post(f"approvals/cases/{a_case().pk}/withdraw")

    assert answer.status_code == 409


def test_the_approval_that_meets_every_rule_trains_and_names_the_job(settings):
    settings.TRAINING_JOBS_ENABLED = True
    admin = api("Admin")
    policy = {"enabled": True, "min_new_samples": 2, "undo_window_minutes": 0}
    admin.post("training/auto", policy)
    an_approved_case(admin.user)

    answer = approve(admin, a_case(), {"confidence_score": 0.9}).json()

    assert answer["auto"]["submitted"] is True
    assert answer["auto"]["job_id"] == str(TrainingRun.objects.get().job_id)
    assert all(rule["ok"] for rule in answer["auto"]["rules"])
