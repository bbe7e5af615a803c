"""A dataset without anything in it, and what a withdrawal does not undo."""

import pytest

from mlops.serving.selection import select_version
from tests.apis import (
    a_model_version,
    a_sealed_version,
    an_approved_case,
    api,
    person,
)
from tests.mlops.people import browser, by_htmx, text
from training.models import Case, DatasetVersion, Sample, TrainingRun
from training.services.cases.approvals import withdraw_approval
from training.services.datasets import versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita():
    user = person("Reviewer", "rita")
    user.first_name, user.last_name = "Rita", "Moreno"
    user.save()
    return user


@pytest.fixture
def theo():
    return browser("Operator", "theo")


def facts(number):
    return [{"name": "income", "value": number}]


def sealed(by):
    version, _made = versions.open_version(by=by)
    versions.seal_version(version, by=by)
    version.refresh_from_db()
    return version


def page_of(version):
    return f"/mlops/training/datasets/{version.pk}/"


def test_an_open_dataset_without_anything_says_so(theo, rita):
    version, _made = versions.open_version(by=rita)

    assert "It contains nothing yet." in text(theo.get(page_of(version)))


@pytest.fixture
def withdrawn(rita, two_model_directories):
    """A withdrawn case that two models learnt from; the second one serves."""
    dataset = a_sealed_version(rita, size=6)
    for files in two_model_directories:
        select_version(a_model_version(dataset, files, rita), by=rita)
    case = Sample.objects.filter(in_from=dataset, held_out=False).earliest("pk").case
    withdraw_approval(case, by=rita)
    return case


def test_the_case_page_says_what_still_contains_a_withdrawn_sample(withdrawn, theo):
    page = text(theo.get(f"/mlops/approvals/{withdrawn.pk}/"))

    assert "What still contains it" in page
    assert "These models learnt from it:" in page
    assert "serves since" in page
    assert "served " in page
    assert "Seal without it and train" in page


def test_a_case_that_was_never_sealed_has_no_such_part(theo, rita):
    case = an_approved_case(rita)
    withdraw_approval(case, by=rita)

    page = text(theo.get(f"/mlops/approvals/{case.pk}/"))

    assert "What still contains it" not in page


def test_sealing_without_it_is_one_press_and_then_leads_to_the_dataset(withdrawn, theo):
    address = f"/mlops/approvals/{withdrawn.pk}/seal-without/"

    first = by_htmx(theo, address)
    second = by_htmx(theo, address)

    version = TrainingRun.objects.get(job__flow="batch").dataset_version
    assert (first.status_code, second.status_code) == (200, 409)
    assert "Submitted without" in text(first)
    assert "The first dataset without it:" in text(first)
    assert page_of(version) in text(first)
    assert "was already sealed without" in text(second)
    assert not version.samples().filter(case=withdrawn).exists()


def test_the_influence_of_a_case_over_http(withdrawn):
    body = api("Viewer").get(f"cases/{withdrawn.pk}/influence").json()

    (sample,) = body["samples"]
    version = DatasetVersion.objects.get(number=1)
    assert sample["withdrawn_at"] is not None
    assert [each["id"] for each in sample["dataset_versions"]] == [str(version.pk)]
    newer, older = sample["model_versions"]
    (past,), (present,) = older["serving"], newer["serving"]
    assert past["until"] == present["since"]
    assert present["until"] is None
    assert {run["id"] for run in sample["runs"]} == {newer["run_id"], older["run_id"]}
    assert {run["scope"] for run in sample["runs"]} == {"all"}


def test_a_case_with_no_sample_has_influenced_nothing(theo):
    case = Case.objects.create(
        external_id="X", title="X", facts=[], content_sha256="0", facts_sha256="0"
    )

    assert api("Viewer").get(f"cases/{case.pk}/influence").json() == {"samples": []}
