"""The cases of the inbox and of the API: one set of filters, the same rows."""

import pytest

from tests.apis import a_case, api
from tests.mlops.people import browser, text

pytestmark = pytest.mark.django_db

LIST = "/mlops/approvals/"


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


def listed(visitor, query):
    return {case.pk for case in visitor.get(LIST, query).context["page_obj"]}


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
