"""The cases of the inbox and of the API: one set of filters, the same rows."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.apis import Api, a_case, an_approved_case, api
from tests.mlops.people import browser, text
from training.choices import CaseStatus
from training.filters.cases import CaseFilters
from training.models import Case
from training.services.cases.approvals import ReviewInput, approve_case, reject_case

pytestmark = pytest.mark.django_db

LIST = "/mlops/approvals/"
ANY = {"status": "all"}
QUERIES = [
    *({"status": status} for status in ("waiting", "all", *CaseStatus.values)),
    ANY | {"external_id": "C-found"},
    ANY | {"q": "found"},
    {"status": "waiting", "recommended": "deny"},
    {"status": "waiting", "sure": "true"},
    {"status": "waiting", "sure": "false"},
    {"status": "waiting", "second": "mine"},
    {"status": "waiting", "second": "others"},
    ANY | {"decision": "deny"},
    ANY | {"created_by": "olga"},
    ANY | {"created_by": "system"},
    ANY | {"reviewed_by": "bob"},
    ANY | {"decided_by": "bob"},
    ANY | {"decided_by": "bob", "decided": "1"},
    ANY | {"came": "7"},
    ANY | {"decided": "7"},
    ANY | {"recommender_id": "77"},
    *(ANY | {name: "TODAY"} for name in ("updated_since", "updated_before")),
    *(ANY | {name: "TODAY"} for name in ("created_since", "created_before")),
]


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


@pytest.fixture
def cases_of_all_kinds(rita):
    bob, olga = browser("Reviewer", "bob").user, browser("Operator", "olga").user
    said = {"decision": "deny", "confidence": 0.5}
    a_case(recommendation=said, by=olga)
    a_case(recommendation=said | {"confidence": 0.99}, external_id="C-found")
    for person in (rita.user, bob):
        approve_case(a_case(), ReviewInput("deny", confidence=0.1), by=person)
        an_approved_case(person, decision="deny")
    reject_case(a_case(by=olga), by=bob)
    old = an_approved_case(bob)
    long_ago = timezone.now() - timedelta(days=30)
    Case.objects.filter(pk=old.pk).update(
        created_at=long_ago, updated_at=long_ago, recommender_id=77
    )


def listed(visitor, query):
    return {case.pk for case in visitor.get(LIST, query).context["page_obj"]}


def test_every_filter_is_among_the_queries():
    names = {name for query in QUERIES for name in query}

    assert names == set(CaseFilters.base_filters)


@pytest.mark.usefixtures("cases_of_all_kinds")
@pytest.mark.parametrize("query", QUERIES, ids=urlencode)
def test_the_address_of_the_inbox_is_a_query_of_the_api(rita, query):
    today = timezone.localdate().isoformat()
    asked = {name: today if text == "TODAY" else text for name, text in query.items()}

    items = Api(rita.user).get("cases", **asked).json()["items"]

    assert {int(case["id"]) for case in items} == listed(rita, asked)


def test_an_address_that_the_inbox_gives_out_names_its_status(rita):
    a_case()

    bare = rita.get(LIST).context["case_list"]
    narrowed = rita.get(LIST, {"came": "1"}).context["case_list"]

    assert bare.query == ""
    assert narrowed.query == "?status=waiting&came=1"


@pytest.mark.parametrize("name", ["status", "sure", "second", "came", "decided"])
def test_a_value_that_cannot_be_read_is_refused_by_the_api_alone(rita, name):
    case = a_case()

    refused = api("Viewer").get("cases", **{name: "nonsense"})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert name in refused.json()["detail"]
    assert listed(rita, {name: "nonsense"}) == {case.pk}


def test_a_choice_that_there_is_not_is_said_beside_its_field(rita):
    page = text(rita.get(LIST, {"second": "nobodys"}))

    assert "Select a valid choice. nobodys is not one of" in page


def test_a_bookmark_with_old_names_leads_to_the_same_list(rita):
    bob = browser("Reviewer", "bob").user

    by = rita.get(LIST, {"status": "all", "by": bob.pk, "decided": 1})
    sure = rita.get(LIST, {"sure": "no"})

    assert by.url == f"{LIST}?status=all&decided_by=bob&decided=1"
    assert sure.url == f"{LIST}?status=waiting&sure=false"
