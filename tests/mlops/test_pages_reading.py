"""Every page can be read by whoever may, empty and full, whole and as a part."""

import pytest

from mlops.services.serving import select_version
from tests.apis import a_case, a_job, a_model_version, a_sealed_version, person
from tests.mlops.people import PAGES, browser, text
from training.models import WorkerBeat
from training.services.policies import change_policy
from training.services.runs import RunRequest, submit_run

pytestmark = pytest.mark.django_db

READERS = ["Viewer", "Reviewer", "Operator", "Integration", "Admin"]


@pytest.fixture
def lived_in(two_model_directories):
    """A system that has trained, serves, has jobs of every end and waiting cases."""
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
    return versions


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_role_reads_every_page_of_an_empty_system(role, path):
    assert browser(role).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_page_of_a_system_in_use_can_be_read(lived_in, path):
    answer = browser("Viewer").get(path)

    assert answer.status_code == 200
    assert "<h1>" in text(answer)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_somebody_without_a_role_reads_nothing(path):
    assert browser("").get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_stranger_is_sent_to_the_sign_in(client, path):
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer.url == f"/signin/?next={path}"


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_htmx_gets_the_part_and_everybody_else_the_page(path):
    visitor = browser("Admin")

    page, part = visitor.get(path), visitor.get(path, headers={"HX-Request": "true"})

    assert "<html" in text(page)
    assert "<html" not in text(part)
    assert "HX-Request" in page.headers["Vary"]


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_is_no_form_to_post_to(path):
    assert browser("Admin").post(path).status_code == 405


LISTS = {
    "overview": ("/mlops/", 29),
    "approvals": ("/mlops/approvals/", 21),
    "training": ("/mlops/training/", 40),
    "jobs": ("/mlops/jobs/", 16),
    "models": ("/mlops/models/", 26),
    "logs": ("/logs/", 17),
    "settings": ("/settings/", 17),
}


@pytest.mark.parametrize(("path", "limit"), LISTS.values(), ids=LISTS)
def test_a_list_asks_the_database_a_bounded_number_of_times(
    lived_in, path, limit, django_assert_max_num_queries
):
    visitor = browser("Admin")
    visitor.get(path)

    with django_assert_max_num_queries(limit):
        visitor.get(path)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_more_rows_do_not_mean_more_queries(
    lived_in, path, django_assert_max_num_queries
):
    visitor = browser("Admin")
    visitor.get(path)
    with django_assert_max_num_queries(80) as before:
        visitor.get(path)
    for number in range(15):
        a_case(by=visitor.user, external_id=f"more-{number}")
        a_job(status="completed", created_by=person("Operator"))

    with django_assert_max_num_queries(len(before)):
        visitor.get(path)


def test_the_navigation_says_where_one_is_and_what_waits(lived_in):
    page = text(browser("Reviewer").get("/mlops/approvals/"))

    assert '<a href="/mlops/approvals/" aria-current="page"' in page
    assert '<span class="count">5</span>' in page


def test_the_admin_is_offered_to_staff_alone():
    member, staff = browser("Operator"), browser("Operator")
    staff.user.is_staff = True
    staff.user.save()

    assert 'href="/admin/"' not in text(member.get("/mlops/"))
    assert 'href="/admin/"' in text(staff.get("/mlops/"))


def test_the_root_leads_to_the_overview():
    answer = browser("Viewer").get("/", follow=True)

    assert answer.redirect_chain[-1][0] == "/mlops/"


def test_an_address_that_names_nothing_answers_with_a_page():
    answer = browser("Viewer").get("/mlops/jobs/999/")

    assert answer.status_code == 404
    assert "There is nothing here" in text(answer)


def test_the_sign_in_page_says_when_the_password_is_wrong(client):
    answer = client.post("/signin/", {"username": "nobody", "password": "wrong"})

    assert answer.status_code == 200
    assert 'role="alert"' in text(answer)


def test_signing_out_takes_a_post():
    visitor = browser("Viewer")

    assert visitor.get("/signout/").status_code == 405
    assert visitor.post("/signout/").status_code == 302
    assert visitor.get("/mlops/").status_code == 302


def test_the_logs_show_one_persons_deeds_of_one_kind_in_words(lived_in):
    visitor = browser("Viewer")

    shown = text(visitor.get("/logs/", {"person": "theo", "area": "serving"}))

    assert shown.count("Serving model selected") == 2
    assert "Case came in" not in shown
    assert "serving.selected" not in shown


def test_the_logs_of_a_day_without_events_are_empty(lived_in):
    visitor = browser("Viewer")

    shown = text(visitor.get("/logs/", {"until": "2020-01-01"}))

    assert "No entry matches" in shown


@pytest.mark.parametrize("query", ["person=ghost", "since=yesterday", "page=x"])
def test_a_filter_that_cannot_be_read_filters_nothing(lived_in, query):
    answer = browser("Viewer").get(f"/logs/?{query}")

    assert answer.status_code == 200
    assert "No entry matches" not in text(answer)


def test_the_setup_page_checks_again_in_place():
    part = browser("Viewer").get("/setup/", headers={"HX-Request": "true"})

    assert "How to fix it:" in text(part)


def test_the_ops_console_tells_bad_ends_with_what_to_do(lived_in):
    shown = text(browser("Viewer").get("/ops-console/"))

    assert "The worker stopped in the middle of it." in shown
    assert "/mlops/jobs/?status=dead_letter" in shown


def test_the_ops_console_names_the_workers_that_report():
    visitor = browser("Viewer")
    nobody = text(visitor.get("/ops-console/"))
    WorkerBeat.objects.create(name="worker-a", host="a", pid=1)

    shown = text(visitor.get("/ops-console/"))

    assert "worker-a" not in nobody
    assert "worker-a" in shown
