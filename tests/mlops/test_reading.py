"""How a review was read: measured on the page, bounded, and shown to few."""

import re

import pytest
from django.utils import timezone

from mlops.pages.shared import production
from mlops.serving import selection
from tests.apis import a_case, a_model_version, a_sealed_version, api, person
from tests.database import refuses
from tests.mlops.people import browser, text
from training.choices import ReviewAction
from training.models import AuditEvent, Case, Review
from training.services.policy.policies import change_policy

pytestmark = pytest.mark.django_db

EVIDENCE = [
    {"id": "e1", "document": "Payslip", "page": 1, "snippet": "3,200 a month."},
    {"id": "e2", "document": "Letter", "snippet": "Employed since 2019."},
]


@pytest.fixture
def rita(clock):
    """Time stands still until it is moved."""
    clock.set(timezone.now())
    return browser("Reviewer", "rita")


def path(case, verb=""):
    return f"/mlops/approvals/{case.pk}/" + (f"{verb}/" if verb else "")


def opened(client, case):
    return re.search(r'name="opened" value="([^"]+)"', text(client.get(path(case))))[1]


def read(client, case, sent, verb="approve", **form):
    form = {"confidence": "0.95", "measured": sent, **form}
    client.post(path(case, verb), {"opened": opened(client, case), **form})
    return Review.objects.latest("pk")


@pytest.mark.parametrize(
    ("verb", "action"),
    [
        ("approve", ReviewAction.APPROVE),
        ("reject", ReviewAction.REJECT),
        ("send-back", ReviewAction.REQUEST_CHANGES),
    ],
)
def test_a_review_and_its_event_tell_how_it_was_read(rita, clock, verb, action):
    case = a_case(evidence=EVIDENCE)
    stamp = opened(rita, case)
    clock.advance(seconds=40)

    form = {"opened": stamp, "measured": "12;1;1", "confidence": "0.95"}
    rita.post(path(case, verb), form)

    review = Review.objects.get()
    told = {
        "active_seconds": 12,
        "open_seconds": 40,
        "evidence": ["e2"],
        "changes_of_mind": 1,
        "recommendation": "before",
    }
    assert (review.action, review.active_seconds, review.reading) == (action, 12, told)
    event = AuditEvent.objects.about(case).latest("pk")
    assert event.detail["reading"] == told


def test_nobody_read_longer_than_the_page_was_open(rita, clock):
    case = a_case()
    stamp = opened(rita, case)
    clock.advance(seconds=3)
    rita.post(
        path(case, "approve"),
        {"opened": stamp, "measured": "9000;0;", "confidence": "0.95"},
    )
    assert Review.objects.get().active_seconds == 3


@pytest.mark.parametrize(
    "sent",
    ["", "x", "12", "-1;0;", "12;0;0,", "1e3;0;", "9999999;0;", "1;0;" + "0," * 999],
)
def test_what_is_no_measurement_is_not_measured(rita, sent):
    review = read(rita, a_case(evidence=EVIDENCE), sent)
    told = {"active_seconds": None, "recommendation": "before"}
    assert (review.active_seconds, review.reading) == (None, told)
    assert AuditEvent.objects.latest("pk").detail["reading"] == told


def test_the_opening_is_of_this_page_and_this_person(rita, clock):
    bob, case, other = browser("Reviewer", "bob"), a_case(), a_case()
    for stamp in (opened(bob, case), opened(rita, other), "x", "1:2:3"):
        case = a_case()
        form = {"opened": stamp, "measured": "1;0;", "confidence": "0.95"}
        rita.post(path(case, "approve"), form)
        assert Review.objects.latest("pk").active_seconds is None
    stamp = opened(rita, case := a_case())
    clock.advance(hours=25)
    form = {"opened": stamp, "measured": "1;0;", "confidence": "0.95"}
    rita.post(path(case, "approve"), form)
    assert Review.objects.latest("pk").active_seconds is None


def test_the_reading_goes_on_where_a_refusal_draws_the_page_again(rita):
    case = a_case()
    stamp = opened(rita, case)
    form = {"opened": stamp, "seen": case.content_sha256, "decision": "x" * 300}
    again = text(rita.post(path(case, "approve"), form))
    assert f'name="opened" value="{stamp}"' in again


def shown(case):
    """What each review of the case and its event tell of the recommendation."""
    events = AuditEvent.objects.about(case).filter(detail__has_key="reading")
    told = [
        event.detail["reading"]["recommendation"] for event in events.order_by("pk")
    ]
    kept = [review.reading.get("recommendation") for review in in_order(case)]
    assert [each for each in kept if each] == told
    return told


def in_order(case):
    return Review.objects.filter(case=case).order_by("pk")


@pytest.mark.parametrize("measured", ["9;0;", ""])  # with and without JavaScript
def test_whether_the_recommendation_was_shown_before_is_told_truly(rita, measured):
    ordinary, nothing = a_case(), a_case(recommendation=None)
    change_policy(by=None, blind_share=1.0)
    blind = a_case()
    unsure = a_case()

    read(rita, ordinary, measured)
    read(rita, nothing, measured, other="deny")
    read(rita, blind, measured, other="deny")
    read(rita, unsure, measured, other="deny", confidence="0.3")
    read(browser("Reviewer"), unsure, measured, other="approve")
    rejected = a_case()
    read(rita, rejected, measured, verb="reject", reasoning="Unclear.")
    back = a_case()
    read(rita, back, measured, verb="send-back", reasoning="Which income?")

    assert (shown(ordinary), shown(nothing)) == (["before"], ["none"])
    assert shown(blind) == ["after"]
    assert shown(unsure) == ["after", "after"]
    assert (shown(rejected), shown(back)) == (["after"], ["after"])


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_who_changes_their_mind_after_it_was_shown_has_seen_it(rita, verb):
    change_policy(by=None, blind_share=1.0)
    case = a_case()
    read(rita, case, "9;1;", verb=verb, other="deny")
    page = text(rita.get(path(case)))
    assert "Income covers it." in page  # what had been recommended, afterwards
    rita.post(path(case, "undo"), {"seen": case.content_sha256})

    last = read(rita, case, "9;2;", decision="")

    assert shown(case) == ["after", "before"]
    assert (last.decision, last.blind) == ("approve", False)
    turns = [each.reading["changes_of_mind"] for each in in_order(case) if each.reading]
    assert turns == [1, 2]
    case.refresh_from_db()
    assert case.judged == "seen"


def test_always_ones_own_opinion_first_from_the_rule_to_the_review(rita):
    ada = browser("Admin")
    typed = {"agreement_alert_min_cases": "50", "short_review_seconds": "10"}
    ada.post("/settings/rules/in-production/save/", {"blind_share": "100", **typed})
    assert "every case: own opinion first" in text(ada.get("/settings/rules/"))
    case = a_case()

    before = text(rita.get(path(case)))
    agreed = rita.post(path(case, "approve"), {"confidence": "0.95", "decision": ""})
    read(rita, case, "9;0;", other="deny")
    after = text(rita.get(path(case)))

    assert "Income covers it." not in before
    assert "Agree:" not in before
    assert agreed.status_code == 409
    assert "Decided without seeing this, and otherwise." in after


def test_other_ways_of_review_are_not_measured():
    case = a_case()
    api("Reviewer").post(f"approvals/cases/{case.pk}/approve")
    assert AuditEvent.objects.filter(action="case.approved").get().detail[
        "reading"
    ] == ("not_measured")
    refuses(
        lambda: Review.objects.create(
            case=case,
            action="approve",
            decision="x",
            source="api",
            active_seconds=1,
            by=person("Reviewer"),
        )
    )


def test_by_person_it_is_for_who_may_see_it(rita):
    case = a_case(evidence=EVIDENCE)
    read(rita, case, "0;0;0")
    assert "Evidence opened: e1." in text(browser("Admin").get(path(case)))
    for role in ("Viewer", "Reviewer", "Operator"):
        reader = browser(role)
        assert "Evidence opened" not in text(reader.get(path(case)))
        assert "active_seconds" not in text(reader.get("/logs/"))
    assert (
        "active_seconds" not in api("Viewer").get(f"cases/{case.pk}").content.decode()
    )


def test_the_share_of_short_reviews_stands_beside_agreement(
    rita, clock, two_model_directories
):
    version = a_model_version(
        a_sealed_version(person("Reviewer")), two_model_directories[0]
    )
    selection.select_version(version, by=None)
    for seconds in (2, 5, 60):
        case = a_case()
        stamp = opened(rita, case)
        clock.advance(seconds=90)
        form = {"opened": stamp, "measured": f"{seconds};0;", "confidence": "0.95"}
        rita.post(path(case, "approve"), form)

    [(_period, _found, heed)] = production.card()["rows"]
    assert (heed.measured, heed.short) == (3, 2)
    change_policy(by=None, short_review_seconds=5)
    assert production.card()["read"].short == 1

    page = text(browser("Admin").get("/mlops/models/"))
    assert "read actively for less than 5 s" in page
    assert "<dt>rita</dt>" in page
    assert "<dt>rita</dt>" not in text(browser("Operator").get("/mlops/models/"))
    assert Case.objects.approved().exists()
