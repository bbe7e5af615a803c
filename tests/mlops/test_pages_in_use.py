"""Every page of a system in use can be read, and asks the database a bounded number
of times."""

import pytest

from mlops.serving.selection import select_version
from tests.apis import a_case, a_job, a_model_version, a_sealed_version, person
from tests.mlops.people import PAGES, browser, text
from training.services.policy.policies import change_policy
from training.services.runs.submissions import RunRequest, submit_run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def staged(stage, two_model_directories):
    """It has trained, serves, has jobs of every end and waiting cases."""
    with stage.building():
        rita, theo = person("Reviewer", "rita"), person("Operator", "theo")
        dataset = a_sealed_version(rita)
        versions = [
            a_model_version(dataset, files, theo) for files in two_model_directories
        ]
        for version in versions:
            select_version(version, by=theo, reason="Better.")
        submit_run(RunRequest(dataset), by=theo)
        for status in ("failed", "dead_letter", "canceled", "completed"):
            a_job(status=status, reason="worker_lost", created_by=theo)
        change_policy(by=theo, auto_enabled=True)
        for number in range(5):
            a_case(by=theo, external_id=f"W-{number}")


@pytest.fixture(autouse=True)
def lived_in(staged, on_stage):
    """Every test meets the system in use."""


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_page_of_a_system_in_use_can_be_read(path):
    answer = browser("Viewer").get(path)

    assert answer.status_code == 200
    assert "<h1>" in text(answer)


LISTS = {
    "overview": ("/mlops/", 24),
    "approvals": ("/mlops/approvals/", 21),
    "training": ("/mlops/training/", 31),
    "jobs": ("/mlops/jobs/", 16),
    "models": ("/mlops/models/", 23),
    "logs": ("/logs/", 16),
    "settings": ("/settings/", 10),
}


@pytest.mark.parametrize(("path", "limit"), LISTS.values(), ids=LISTS)
def test_a_list_asks_the_database_a_bounded_number_of_times(
    path, limit, django_assert_max_num_queries
):
    visitor = browser("Admin")
    visitor.get(path)

    with django_assert_max_num_queries(limit):
        visitor.get(path)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_more_rows_do_not_mean_more_queries(path, django_assert_max_num_queries):
    visitor = browser("Admin")
    visitor.get(path)
    with django_assert_max_num_queries(80) as before:
        visitor.get(path)
    for number in range(15):
        a_case(by=visitor.user, external_id=f"more-{number}")
        a_job(status="completed", created_by=person("Operator"))

    with django_assert_max_num_queries(len(before)):
        visitor.get(path)


def test_the_navigation_says_where_one_is_and_what_waits():
    page = text(browser("Reviewer").get("/mlops/approvals/"))

    assert '<a href="/mlops/approvals/" aria-current="page"' in page
    assert '<span class="count">5</span>' in page


def test_the_logs_show_one_persons_deeds_of_one_kind_in_words():
    visitor = browser("Viewer")

    shown = text(visitor.get("/logs/", {"person": "theo", "area": "serving"}))

    assert shown.count("Serving model selected") == 2
    assert "Case came in" not in shown
    assert "serving.selected" not in shown


def test_the_logs_of_a_day_without_events_are_empty():
    visitor = browser("Viewer")

    shown = text(visitor.get("/logs/", {"until": "2020-01-01"}))

    assert "No entry matches" in shown


@pytest.mark.parametrize("query", ["person=ghost", "since=yesterday", "page=x"])
def test_a_filter_that_cannot_be_read_filters_nothing(query):
    answer = browser("Viewer").get(f"/logs/?{query}")

    assert answer.status_code == 200
    assert "No entry matches" not in text(answer)


def test_the_ops_console_tells_bad_ends_with_what_to_do():
    shown = text(browser("Viewer").get("/ops-console/"))

    assert "The worker stopped in the middle of it." in shown
    assert "/mlops/jobs/?status=dead_letter" in shown
