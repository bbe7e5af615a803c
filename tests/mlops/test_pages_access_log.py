"""The access log on its page, over the API, and taken along."""

import csv
import hashlib
import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from preciso.requester import Requester
from tests.apis import Api, a_case, api, person
from tests.mlops.people import browser, text
from training.choices import AccessKind
from training.filters.access_log import GROUPS, AccessFilters
from training.models import AccessEntry, AuditEvent
from training.services.access import access_log
from training.services.access.access_days import _digest

pytestmark = pytest.mark.django_db

PAGE = "/logs/access/"
QUERIES = [
    *({"kind": kind} for kind in (*GROUPS, *AccessKind.values)),
    {"person": "olga"},
    {"person": "nobody.of.this.name"},
    {"address": "10.1.2.3"},
    *({name: "TODAY"} for name in ("since", "until", "before")),
    *({name: "TODAY_AT_NOON"} for name in ("since", "before")),
    {"kind": "took_or_saw", "person": "olga", "since": "2020-01-01"},
]


@pytest.fixture
def ada():
    return browser("Admin", "ada")


@pytest.fixture
def filled():
    """Somebody saw seven cases, strangers tried, a dataset was taken along."""
    access_log.counters.__init__()
    cases = [
        a_case(external_id=f"C-{n}", protected={"faith": "none"}) for n in range(7)
    ]
    olga = person("Operator", "olga")
    Api(olga).get("cases")
    access_log.note(
        AccessKind.DOWNLOAD, Requester(olga, address="10.1.2.3"), subject=cases[0]
    )
    for _again in range(1234):
        access_log.count(
            AccessKind.STRANGER, Requester(address="203.0.113.9", route="GET /x")
        )
    access_log.counters.flush()
    yield olga
    access_log.counters.__init__()


def shown(answer):
    return [
        (line.row.kind, line.who, line.row.count) for line in answer.context["lines"]
    ]


def test_the_page_tells_who_looked_at_which_cases(filled, ada):
    answer = ada.get(PAGE)

    assert ("stranger", "nobody who signed in", 1234) in shown(answer)
    assert ("protected", "olga", 1) in shown(answer)
    page = text(answer)
    assert "C-0</a>" in page
    assert "and 2 more cases" in page
    assert "1,234" in page
    assert "203.0.113.9" in page


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"person": "olga"}, {"download", "protected"}),
        ({"kind": "stranger"}, {"stranger"}),
        ({"kind": "kept_out"}, {"stranger"}),
        ({"kind": "took_or_saw"}, {"download", "protected"}),
        ({"address": "10.1.2.3"}, {"download"}),
        ({"until": "2020-01-01"}, set()),
        ({"since": "2020-01-01", "kind": "sign_in"}, {"sign_in"}),
        (
            {"since": "nonsense", "address": "nonsense", "kind": "download"},
            {"download"},
        ),
    ],
)
def test_it_is_narrowed_by_its_address(filled, ada, query, kinds):
    assert {kind for kind, _who, _count in shown(ada.get(PAGE, query))} == kinds


def test_every_filter_is_among_the_queries():
    names = {name for query in QUERIES for name in query}

    assert names == set(AccessFilters.base_filters)


@pytest.mark.parametrize("query", QUERIES, ids=urlencode)
def test_the_address_of_the_page_is_a_query_of_the_api(filled, ada, query, settings):
    settings.TIME_ZONE = "Asia/Seoul"
    today = timezone.localdate().isoformat()
    times = {"TODAY": today, "TODAY_AT_NOON": f"{today}T12:00:00+09:00"}
    query = {name: times.get(value, value) for name, value in query.items()}
    caller = Api(ada.user)
    caller.get("access-log")  # it signs in, which is an entry of its own

    page = {line.row.pk for line in ada.get(PAGE, query).context["lines"]}
    answer = caller.get("access-log", **query)

    assert answer.status_code == 200
    assert page == {int(entry["id"]) for entry in answer.json()["items"]}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_begins_at_midnight_of_the_company_over_the_api_too(
    filled, settings, zone
):
    """At any time it is another day than in UTC in one of the two."""
    settings.TIME_ZONE = zone
    entry = AccessEntry.objects.get(kind="protected", person=filled)
    day = timezone.localdate(entry.last_at)
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    caller = api("Admin")

    def matches(**query):
        answer = caller.get("access-log", kind="protected", **query)
        return bool(answer.json()["items"])

    assert matches(since=day)
    assert not matches(since=after)
    assert matches(before=after)
    assert not matches(before=day)
    assert matches(until=day, since=entry.last_at.isoformat())
    assert not matches(until=before)


def test_the_page_keeps_a_time_that_a_program_gave_it(filled, ada):
    time = "2026-01-31T09:00:00Z"

    page = text(ada.get(PAGE, {"since": time, "before": time}))

    assert f'<input type="text" name="since" value="{time}"' in page
    assert f'<input type="hidden" name="before" value="{time}"' in page


@pytest.mark.parametrize("name", ["address", "since", "until", "before", "kind"])
def test_the_api_refuses_what_a_filter_cannot_read(name):
    assert api("Admin").get("access-log", **{name: "x"}).status_code == 400


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator", "Integration"])
def test_colleagues_do_not_read_it(role):
    visitor = browser(role)

    assert visitor.get(PAGE).status_code == 403
    assert visitor.post(f"{PAGE}export/csv/").status_code == 403
    assert PAGE not in text(visitor.get("/logs/"))


def test_it_is_taken_along_as_a_table_and_that_is_on_record(filled, ada):
    answer = ada.post(f"{PAGE}export/csv/", {"kind": "stranger"})
    rows = list(
        csv.DictReader(
            io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))
        )
    )

    assert [(row["How often"], row["Address"]) for row in rows] == [
        ("1234", "203.0.113.9")
    ]
    event = AuditEvent.objects.get(action="access.exported")
    assert (event.actor, event.detail["narrowed"]) == (ada.user, {"kind": "stranger"})
    assert AccessEntry.objects.get(kind="export").person == ada.user


def test_the_hash_of_a_day_is_over_the_lines_that_are_exported(filled, ada):
    answer = ada.post(f"{PAGE}export/jsonl/", {"kind": "stranger"})
    lines = b"".join(answer.streaming_content).splitlines(keepends=True)

    row = AccessEntry.objects.get(kind="stranger")
    expected = _digest(row.hour.date(), AccessKind.STRANGER)["sha256"]
    assert hashlib.sha256(b"".join(lines[::-1])).hexdigest() == expected


def test_the_api_lists_it_newest_first_and_narrows_it(filled):
    caller = api("Admin")

    found = caller.get("access-log", kind="protected").json()["items"]

    assert [(row["person"], row["known"], row["count"]) for row in found] == [
        ("olga", True, 1)
    ]
    assert len(found[0]["case_ids"]) == 7
    assert (
        caller.get("access-log", person="olga").json()["items"][0]["kind"] == "download"
    )
    assert caller.get("access-log", before="2020-01-01").json()["items"] == []
    assert caller.get("access-log", kind="nonsense").status_code == 400


@pytest.mark.parametrize("day", ["9999-12-31", "20260131", "x"])
def test_a_day_that_is_none_narrows_nothing_and_says_so(filled, ada, day):
    for name in ("since", "until"):
        answer = ada.get(PAGE, {name: day})

        assert answer.status_code == 200
        assert len(shown(answer)) == len(shown(ada.get(PAGE)))
        assert "Enter a day such as 2026-01-31." in text(answer)
