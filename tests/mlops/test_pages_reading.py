"""Every page can be read by whoever may, whole and as a part."""

from urllib.parse import urljoin

import pytest

from tests.mlops.people import PAGES, browser, text
from tests.mlops.test_pages_counters import MORE_PAGES, Counters, rows
from training.models import WorkerBeat

pytestmark = pytest.mark.django_db

READERS = ["Viewer", "Reviewer", "Operator", "Integration", "Admin"]


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_role_reads_every_page_of_an_empty_system(role, path):
    assert browser(role).get(path).status_code == 200


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


def test_the_setup_page_checks_again_in_place():
    part = browser("Viewer").get("/setup/", headers={"HX-Request": "true"})

    assert "How to fix it:" in text(part)


def test_the_ops_console_names_the_workers_that_report():
    visitor = browser("Viewer")
    nobody = text(visitor.get("/ops-console/"))
    WorkerBeat.objects.create(name="worker-a", host="a", pid=1)

    shown = text(visitor.get("/ops-console/"))

    assert "worker-a" not in nobody
    assert "worker-a" in shown


@pytest.mark.parametrize("address", [*PAGES.values(), *MORE_PAGES.values()])
def test_the_counters_of_an_empty_system_lead_to_no_rows(address):
    visitor = browser("Viewer")

    for href, count in Counters(text(visitor.get(address))).found:
        assert rows(visitor.get(urljoin(address, href))) == count
