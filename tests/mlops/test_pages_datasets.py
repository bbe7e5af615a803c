"""The dataset page, and two versions side by side."""

from copy import deepcopy

import pytest
from django.utils import timezone

from tests.apis import (
    an_approved_case,
    api,
    person,
)
from tests.mlops.people import browser, by_htmx, text
from tests.mlops.test_pages_counters import Counters, rows
from training.filters.datasets import PARTS, SOURCES, SampleFilters
from training.models import Case, DatasetVersion, PipelineJob, TrainingRun
from training.services.cases.approvals import withdraw_approval
from training.services.datasets import versions

pytestmark = pytest.mark.django_db


def facts(number):
    return [{"name": "income", "value": number}]


def sealed(by):
    version, _made = versions.open_version(by=by)
    versions.seal_version(version, by=by)
    version.refresh_from_db()
    return version


def two_versions(rita):
    """The second has another decision about a case of the first, and a new case."""
    for number in range(12):
        decision = ("approve", "deny “soft”, & 50 %")[number % 2]
        an_approved_case(rita, decision, external_id=f"D-{number}", facts=facts(number))
    first = sealed(rita)
    withdraw_approval(Case.objects.get(external_id="D-0"), by=rita)
    again = Case.objects.get(external_id="D-0")
    client = browser("Reviewer", "sam")
    client.post(f"/mlops/approvals/{again.pk}/approve/", {"decision": "deny"})
    an_approved_case(client.user, external_id="NEW", facts=facts(99))
    return first, sealed(rita)


@pytest.fixture(scope="module")
def staged(stage):
    """Two dataset versions, Rita who reviewed them, and Theo who reads."""
    with stage.building():
        rita = person("Reviewer", "rita")
        rita.first_name, rita.last_name = "Rita", "Moreno"
        rita.save()
        return two_versions(rita), rita, browser("Operator", "theo")


@pytest.fixture
def two(staged, on_stage):
    return deepcopy(staged[0])


@pytest.fixture
def rita(staged, on_stage):
    return deepcopy(staged[1])


@pytest.fixture
def theo(staged, on_stage):
    return deepcopy(staged[2])


def page_of(version):
    return f"/mlops/training/datasets/{version.pk}/"


def compared(version, other, part=""):
    address = f"{page_of(version)}compare/?with={other.pk}"
    return f"{address}&part={part}" if part else address


def everything_counted(visitor, address):
    """What each counter of a page says, and what is there when it is followed."""
    found = Counters(text(visitor.get(address))).found
    own = [pair for pair in found if "/datasets/" in pair[0]]
    return {(href, count): rows(visitor.get(href)) for href, count in own}


def test_the_page_says_what_a_version_contains_in_words(two, theo):
    page = text(theo.get(page_of(two[1])))

    assert "It contains 13 approved cases" in page
    assert "It is sealed and never changes." in page
    assert "Rita Moreno" in page
    assert two[1].sha256[:16] in page
    assert "2 were approved and 1 withdrawn since" in page


@pytest.mark.parametrize("place", [0, 1])
def test_every_counter_of_a_dataset_leads_to_exactly_its_rows(two, theo, place):
    told = everything_counted(theo, page_of(two[place]))

    assert {key: key[1] for key in told} == told
    assert {"part=withdrawn", "part=learn", "by=rita", "source=api"} <= {
        href.partition("?")[2] for href, _count in told
    }


def test_the_address_of_the_samples_is_a_query_of_the_api(two, theo):
    first, second = two
    case = second.added().first().case
    today = timezone.localdate().isoformat()
    queries = [
        {},
        *({"part": part} for part in PARTS),
        {"case_id": case.pk},
        {"external_id": case.external_id},
        {"decision": "deny"},
        {"held_out": "true"},
        {"held_out": "false"},
        {"by": "rita"},
        {"by": "system"},
        *({"source": source} for source, _label in SOURCES),
        {"created_since": today},
        {"created_before": today},
        {"part": "learn", "by": "sam", "decision": "deny"},
    ]
    assert {name for query in queries for name in query} == set(
        SampleFilters.base_filters
    )

    caller = api("Viewer")
    for version in (first, second):
        for query in queries:
            page = theo.get(f"{page_of(version)}samples/", query).context["page_obj"]
            items = caller.get(
                f"datasets/versions/{version.pk}/samples", **query
            ).json()["items"]
            assert [int(each["id"]) for each in items] == [row.pk for row in page], (
                query
            )


@pytest.mark.parametrize("name", ["part", "source", "held_out", "created_since"])
def test_a_value_that_cannot_be_read_is_refused_by_the_api_alone(two, theo, name):
    wrong = {name: "nonsense"}
    refused = api("Viewer").get(f"datasets/versions/{two[1].pk}/samples", **wrong)
    listed = theo.get(f"{page_of(two[1])}samples/", wrong).context["page_obj"]

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert listed.paginator.count == 13


def test_a_bookmark_with_old_names_leads_to_the_same_samples(two, theo):
    address = f"{page_of(two[1])}samples/"

    by = theo.get(f"{address}?reviewer=rita&part=learn")
    source = theo.get(f"{address}?source=")

    assert by.url == f"{address}?by=rita&part=learn"
    assert source.url == f"{address}?source=unknown"


def test_every_counter_of_a_comparison_leads_to_exactly_its_rows(two, theo):
    told = everything_counted(theo, compared(two[1], two[0]))

    assert {key: key[1] for key in told} == told
    assert len(told) > 12


def test_an_open_dataset_is_counted_as_it_stands(two, rita, theo):
    an_approved_case(rita, facts=facts(100))
    version = DatasetVersion.objects.open().get()

    page = text(theo.get(page_of(version)))

    assert "It is open" in page
    assert "It contains 14 approved cases" in page
    assert "made when it is sealed" in page


def test_a_name_is_told_where_somebody_gave_one(two, theo):
    assert ">Name<" not in text(theo.get(page_of(two[0])))

    DatasetVersion.objects.open().delete()
    named, _made = versions.open_version(by=theo.user, name="Spring loans")

    assert "Spring loans" in text(theo.get(page_of(named)))


def test_two_versions_side_by_side_name_what_was_decided_otherwise(two, theo):
    first, second = two

    page = text(theo.get(compared(second, first, "changed")))
    none = text(theo.get(compared(second, second)))

    assert "Dataset 2 compared with Dataset 1" in page
    assert "D-0" in page or "Application" in page
    assert "<strong>deny</strong>" in page
    assert "No difference here" in none


def test_a_comparison_with_nothing_chosen_goes_back_to_the_dataset(two, theo):
    answer = theo.get(f"{page_of(two[0])}compare/")

    assert answer.url == page_of(two[0])
    assert theo.get(f"{page_of(two[0])}compare/?with=999").status_code == 404


def test_the_training_page_leads_to_the_datasets(two, theo):
    page = text(theo.get("/mlops/training/"))

    assert all(f'href="{page_of(version)}"' in page for version in two)


@pytest.mark.parametrize("scope", ["all", "delta"])
def test_a_dataset_is_trained_on_all_of_it_or_on_what_is_new(two, theo, scope):
    answer = by_htmx(theo, f"{page_of(two[0])}learn/", scope=scope)

    run = TrainingRun.objects.get()
    assert answer.status_code == 200
    assert (run.scope, run.dataset_version) == (scope, two[0])


def test_a_refused_training_is_said_in_place(two, theo):
    answer = by_htmx(theo, f"{page_of(two[0])}learn/", scope="some")

    assert answer.status_code == 409
    assert "There is no scope some" in text(answer)
    assert not PipelineJob.objects.exists()


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Integration"])
def test_only_operators_train_or_seal_without(two, role):
    visitor = browser(role)
    case = Case.objects.earliest("pk")

    assert visitor.post(f"{page_of(two[0])}learn/").status_code == 403
    assert visitor.post(f"/mlops/approvals/{case.pk}/seal-without/").status_code == 403
    assert not PipelineJob.objects.exists()
