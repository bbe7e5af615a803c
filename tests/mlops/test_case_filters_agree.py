"""The inbox and the API list the same cases, with every filter."""

from copy import deepcopy
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.apis import Api, a_case, an_approved_case
from tests.mlops.people import browser
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


@pytest.fixture(scope="module")
def staged(stage):
    """Cases of all kinds, and Rita, who reviews."""
    with stage.building():
        rita = browser("Reviewer", "rita")
        cases_of_all_kinds(rita)
    return rita


@pytest.fixture
def rita(staged, on_stage):
    return deepcopy(staged)


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


@pytest.mark.parametrize("query", QUERIES, ids=urlencode)
def test_the_address_of_the_inbox_is_a_query_of_the_api(rita, query):
    today = timezone.localdate().isoformat()
    asked = {name: today if text == "TODAY" else text for name, text in query.items()}

    items = Api(rita.user).get("cases", **asked).json()["items"]

    assert {int(case["id"]) for case in items} == listed(rita, asked)
