"""Every decision that the system took by itself, with what caused it and why."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from mlops.models import PromotionDecision
from tests.apis import (
    a_job,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    api,
    person,
)
from tests.mlops.people import browser, text
from tests.mlops.test_pages_counters import Counters, rows
from training.filters.decisions import DecisionFilters
from training.models import AutoDecision
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

PAGE = "/mlops/training/decisions/"


def rule(name, value, limit, ok, **more):
    return {"rule": name, "value": value, "limit": limit, "ok": ok, **more}


@pytest.fixture
def decided():
    """An approval without a training, a date that trained, a window that passed."""
    change_policy(by=None, auto_enabled=True, min_new_samples=5)
    case = an_approved_case(person("Reviewer", "rita"), external_id="L-77")
    job = a_job(status="completed", flow="batch")
    AutoDecision.objects.create(
        trigger="schedule",
        due_at=timezone.now() - timedelta(hours=1),
        submitted=True,
        job=job,
        rules=[rule("new_samples", 9, 5, True)],
    )
    AutoDecision.objects.create(
        trigger="undo_window",
        submitted=False,
        case=case,
        rules=[
            rule("new_samples", 9, 5, True),
            rule("budget", 8, 2.0, False),
            rule("not_on_hold", True, False, False),
            rule("allowed_hours", "20:15", "09:00-18:00", False),
            rule("submitted", "The disk is full.", None, False),
        ],
    )
    return case, job


def test_each_decision_says_when_what_caused_it_and_why(decided):
    case, job = decided

    answer = browser("Viewer").get(PAGE)

    shown = text(answer)
    told = [each.why_not for each in answer.context["rows"]]
    assert told == [
        "The training budget has too little left (needs 8 minutes, 2 left) "
        "\N{MIDDLE DOT} Promotion is on hold and 2 more",
        "",
        "Too few new samples (1 of 5)",
    ]
    assert f'<a href="/mlops/approvals/{case.pk}/">L-77</a>' in shown
    assert f'<a href="/mlops/jobs/{job.pk}/">Trained</a>' in shown
    assert "20:15, allowed 09:00\N{EN DASH}18:00" in shown
    assert "The disk is full." in shown
    assert "Every rule held" in shown


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("trigger=schedule", 1),
        ("trigger=approval", 1),
        ("submitted=true", 1),
        ("submitted=false", 2),
        ("trigger=schedule&submitted=false", 0),
        ("trigger=ghost", 3),
        ("about=ghost", 3),
        ("about=promotion", 0),
        ("page=x", 3),
        ("case_id=999999", 0),
        ("case_id=x", 0),
    ],
)
def test_a_filter_is_an_address(decided, query, count):
    answer = browser("Viewer").get(f"{PAGE}?{query}")

    assert rows(answer) == count
    assert ("No decision matches" in text(answer)) == (
        count == 0 and "about" not in query
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("done=yes", "submitted=true"),
        ("about=training&done=no&page=2", "about=training&submitted=false&page=2"),
        ("about=promotion&done=no", "about=promotion&promoted=false"),
        ("case=7", "case_id=7"),
    ],
)
def test_a_bookmark_with_old_names_leads_to_the_same_list(old, new):
    assert browser("Viewer").get(f"{PAGE}?{old}").url == f"{PAGE}?{new}"


def test_the_address_of_the_page_is_a_query_of_the_api(decided):
    visitor, caller = browser("Viewer"), api("Viewer")
    case, job = decided
    today = timezone.localdate().isoformat()
    queries = [
        {"trigger": "schedule"},
        {"trigger": "approval"},
        {"submitted": "true"},
        {"submitted": "false"},
        {"case_id": case.pk},
        {"case_id": "x"},
        {"job_id": job.pk},
        {"since": today},
        {"before": today},
        {"trigger": "undo_window", "submitted": "false", "case_id": case.pk},
    ]
    assert {name for query in queries for name in query} == set(
        DecisionFilters.base_filters
    )

    for query in queries:
        items = caller.get("training/decisions", **query).json()["items"]
        page = visitor.get(PAGE, query).context["page_obj"]
        assert [int(each["id"]) for each in items] == [row.pk for row in page], query


@pytest.mark.parametrize("name", ["trigger", "submitted", "since"])
def test_a_value_that_cannot_be_read_is_refused_by_the_api_alone(decided, name):
    refused = api("Viewer").get("training/decisions", **{name: "nonsense"})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert rows(browser("Viewer").get(PAGE, {name: "nonsense"})) == 3


def test_the_decisions_about_one_case(decided):
    answer = browser("Viewer").get(f"{PAGE}?case_id={decided[0].pk}")

    assert rows(answer) == 2


def test_the_pages_of_a_long_list_keep_the_filter(decided):
    for _one in range(30):
        AutoDecision.objects.create(submitted=False, rules=[])

    second = text(browser("Viewer").get(f"{PAGE}?submitted=false&page=2"))

    assert "Page 2 of 2" in second
    assert "?submitted=false&amp;page=1" in second


def test_without_decisions_the_page_says_when_there_will_be_some():
    shown = text(browser("Viewer").get(PAGE))
    promotions = text(browser("Viewer").get(f"{PAGE}?about=promotion"))

    assert "Auto decides after each approval" in shown
    assert "each new version is judged" in promotions


def test_promotions_are_told_beside_trainings(two_model_directories):
    theo = person("Operator")
    dataset = a_sealed_version(theo)
    version = a_model_version(dataset, two_model_directories[0], theo)
    PromotionDecision.objects.create(
        model_version=version,
        promoted=False,
        rules=[rule("enough_cases", 20, 100, False)],
    )
    visitor = browser("Viewer")

    shown = visitor.get(f"{PAGE}?about=promotion&promoted=false")

    assert [each.why_not for each in shown.context["rows"]] == [
        "Enough held-out cases (20 of 100)"
    ]
    assert f'<a href="/mlops/models/{version.pk}/">' in text(shown)
    counters = dict(Counters(text(shown)).found)
    assert counters["?about=promotion"] == 1
    assert counters["?about=training"] == rows(visitor.get(PAGE))


def test_who_may_not_see_promotions_sees_neither_tab_nor_rows():
    visitor = browser("")
    visitor.user.user_permissions.add(
        *Permission.objects.filter(codename="view_autodecision")
    )

    assert "about=promotion" not in text(visitor.get(PAGE))
    assert visitor.get(f"{PAGE}?about=promotion").status_code == 403
