"""A number that can be clicked leads to exactly as many rows."""

from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.utils import timezone

from mlops.models import ServingState
from mlops.serving.selection import roll_back, select_version
from tests.apis import (
    a_case,
    a_job,
    a_model_version,
    a_sealed_version,
    an_approved_case,
    person,
)
from tests.mlops.people import PAGES, browser, text
from training.services.audit.chain import chain_events
from training.services.cases.approvals import reject_case, request_changes
from training.services.runs.job_actions import discard_dead_letters

pytestmark = pytest.mark.django_db

MORE_PAGES = {"dead letters": "/mlops/jobs/dead-letters/"}
SILENT = {  # they count in the navigation alone
    "models",
    "new cases",
    "people",
    "roles",
    "rule group",
    "rules",
    "settings",
    "setup",
    "tokens",
}
NAVIGATION = {"/mlops/approvals/", "/mlops/jobs/?status=active", "/ops-console/"}


class Counters(HTMLParser):
    """The links of a page that carry a number: ``<a href data-count>``."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "data-count" in given:
            assert tag == "a", "only a link may count"
            self.found.append((given["href"], int(given["data-count"])))


def rows(answer):
    """How many rows a page lists, over all its pages."""
    context = answer.context
    if "groups" in context:
        return sum(group.count for group in context["groups"])
    if "bad_ends" in context and "queue" in context:
        return len(context["bad_ends"]) + int(context["hold"] is not None)
    return context["page_obj"].paginator.count


def jobs_of_every_state(theo):
    week_ago = timezone.now() - timedelta(days=8)
    for count, (status, columns) in enumerate(
        [
            ("pending", {}),
            ("retrying", {}),
            ("completed", {}),
            ("canceled", {}),
            ("failed", {"reason": "bad_data"}),
            ("failed", {"reason": "bad_data", "finished_at": week_ago}),
            ("dead_letter", {"reason": "worker_lost"}),
            ("dead_letter", {"reason": "worker_lost", "kind": "seal"}),
            ("dead_letter", {"reason": "worker_lost", "finished_at": week_ago}),
            ("dead_letter", {"reason": ""}),
            ("dead_letter", {"reason": "timeout"}),
        ],
        start=1,
    ):
        for _one in range(count):
            a_job(status=status, attempt=3, created_by=theo, **columns)
    discard_dead_letters(reason="timeout", kind="train", by=theo)
    a_job(
        status="processing",
        slot="train-1",
        lease_expires_at=timezone.now(),
        created_by=theo,
    )


def cases_of_every_state(theo, rita):
    for place in range(30):
        a_case(by=theo, external_id=f"W-{place}")
    for place in range(3):
        decision = "needs “more”, & 50 %" if place else "deny"
        an_approved_case(rita, decision=decision)
    reject_case(a_case(by=theo), by=rita)
    for _one in range(2):
        request_changes(a_case(by=theo), by=rita)


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    with stage.building():
        rita, theo = person("Reviewer", "rita"), person("Operator", "theo")
        dataset = a_sealed_version(rita, size=6)
        for files in two_model_directories:
            version = a_model_version(dataset, files, theo)
            select_version(version, by=theo, reason="Better.")
        roll_back(by=theo, reason="Worse.")
        assert ServingState.objects.get().on_hold
        jobs_of_every_state(theo)
        chain_events(20)
        cases_of_every_state(theo, rita)


@pytest.fixture(autouse=True)
def lived_in(staged, on_stage):
    """Every test meets a system in use."""


@pytest.mark.parametrize("name", [*PAGES, *MORE_PAGES])
def test_every_counter_leads_to_exactly_the_rows_it_counts(name):
    visitor = browser("Admin")
    address = {**PAGES, **MORE_PAGES}[name]
    counters = Counters(text(visitor.get(address))).found

    told = {
        (href, count): rows(visitor.get(urljoin(address, href)))
        for href, count in counters
    }

    assert {key: key[1] for key in told} == told
    own = {href for href, _count in told} - NAVIGATION
    assert bool(own) == (name not in SILENT)


def test_the_navigation_counts_what_waits():
    told = dict(Counters(text(browser("Viewer").get("/setup/"))).found)

    assert told == {
        "/mlops/approvals/": 30,
        "/mlops/jobs/?status=active": 4,
        "/ops-console/": 5,
    }


def test_the_samples_behind_a_figure_name_what_they_are_narrowed_to():
    visitor = browser("Viewer")
    counters = Counters(text(visitor.get("/mlops/training/"))).found
    address = next(href for href, _count in counters if "decision=needs" in href)

    shown = text(visitor.get(address))

    assert "needs “more”, &amp; 50 %" in shown
    assert "Show all" in shown
