"""Working through the inbox: who has what open, the next case, bulk, filters."""

from datetime import timedelta
from html import unescape
from urllib.parse import urljoin

import pytest
from django.utils import timezone

from tests.apis import a_case, an_approved_case, person
from tests.mlops.people import browser, by_htmx, text
from training.models import Case, CaseClaim, Review
from training.services.cases.approvals import ReviewInput, approve_case
from training.services.cases.claims import claim_case

pytestmark = pytest.mark.django_db

LIST = "/mlops/approvals/"
SURE = "0.95"


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


@pytest.fixture
def bob():
    return browser("Reviewer", "bob")


def path(case, verb="", query=""):
    return f"{LIST}{case.pk}/" + (f"{verb}/" if verb else "") + query


def advised(decision="approve", confidence=0.9, **more):
    said = {"decision": decision, "confidence": confidence}
    return a_case(recommendation=said, **more)


def shown(client, **query):
    return list(client.get(LIST, query).context["page_obj"])


# ----- who has it open -----


def test_reading_a_case_claims_nothing(rita):
    rita.get(path(a_case()))

    assert not CaseClaim.objects.exists()


def test_the_open_page_claims_and_asks_again(rita, bob):
    case = a_case()
    assert 'hx-trigger="load, every 60s"' in text(rita.get(path(case)))

    mine = text(by_htmx(rita, path(case, "claim")))
    theirs = text(by_htmx(bob, path(case, "claim")))

    assert CaseClaim.objects.get().by == rita.user
    assert 'hx-trigger="every 60s"' in mine
    assert "rita opened this case" not in mine
    assert "rita opened this case" in theirs
    assert "Take it over" in theirs


def test_a_case_decided_meanwhile_says_so_and_asks_no_more(rita, bob):
    case = a_case()
    approve_case(case, ReviewInput(), by=bob.user)

    part = text(by_htmx(rita, path(case, "claim")))

    assert "Somebody decided this case meanwhile" in part
    assert "hx-trigger" not in part


def test_the_list_and_the_case_name_who_has_it_open(rita, bob):
    case = a_case()
    claim_case(case, by=rita.user)

    assert "rita has it open" in text(bob.get(LIST))
    assert "rita opened this case" in text(bob.get(path(case)))
    assert "rita opened this case" in text(browser("Viewer").get(path(case)))
    assert "has it open" not in text(rita.get(LIST))


def test_the_page_asks_before_it_decides_what_somebody_has_open(rita, bob):
    case = a_case()
    claim_case(case, by=rita.user)

    first = by_htmx(bob, path(case, "approve"), confidence=SURE, rationale="Enough.")
    case.refresh_from_db()
    assert (first.status_code, case.status) == (409, "awaiting_review")
    assert "rita has this case open" in text(first)
    assert ">Enough.</textarea>" in text(first)
    assert f'name="anyway" value="{rita.user.pk}"' in text(first)

    again = by_htmx(bob, path(case, "approve"), confidence=SURE, anyway=rita.user.pk)
    case.refresh_from_db()
    assert (again.status_code, case.status) == (200, "approved")


def test_taking_it_over_makes_it_mine(rita, bob):
    case = a_case()
    claim_case(case, by=rita.user)

    answer = bob.post(path(case, "take-over"))

    assert answer.url == path(case)
    assert CaseClaim.objects.get().by == bob.user


def test_a_decision_gives_the_case_back(rita):
    case = a_case()
    claim_case(case, by=rita.user)

    rita.post(path(case, "approve"), {"confidence": SURE})

    assert not CaseClaim.objects.exists()


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Integration"])
@pytest.mark.parametrize("verb", ["claim", "take-over", "flow", "undo"])
def test_only_reviewers_claim_and_undo(role, verb):
    case = a_case()

    assert browser(role).post(path(case, verb)).status_code == 403
    assert not CaseClaim.objects.exists()


def test_a_viewers_page_does_not_claim():
    assert "/claim/" not in text(browser("Viewer").get(path(a_case()))).replace(
        'id="claim"', ""
    )


# ----- what comes next -----


def test_a_decision_opens_the_next_case_with_the_way_back(rita):
    case, other = a_case(external_id="C-1"), a_case(title="The other one")

    answer = by_htmx(rita, path(case, "approve"), decision="deny", confidence=SURE)

    page = text(answer)
    assert answer.headers["HX-Push-Url"] == path(other)
    assert "The other one" in page
    assert "C-1: deny." in page
    assert f'action="{path(case, "undo")}"' in page
    assert "1 decided today" in page


def test_decisions_imported_in_somebodys_name_are_not_what_they_decided(rita):
    imported, own = a_case(), a_case()
    for case, source in (imported, "replay"), (own, "page"):
        approve_case(case, ReviewInput(decision="deny"), by=rita.user, source=source)

    assert "1 decided today" in text(rita.get(LIST))
    assert shown(rita, status="all", decided_by="rita") == [own]


def test_without_javascript_it_redirects_to_the_next_case(rita):
    case, other = a_case(), a_case()

    answer = rita.post(path(case, "approve"), {"confidence": SURE})

    assert (answer.status_code, answer.url) == (302, path(other))


def test_who_prefers_it_stays_on_the_case(rita):
    case, other = a_case(), a_case()
    by_htmx(rita, path(case, "flow"), stays="1")

    stayed = rita.post(path(case, "approve"), {"confidence": SURE})
    by_htmx(rita, path(case, "flow"), stays="0")
    third = a_case()
    went_on = rita.post(path(other, "approve"), {"confidence": SURE})

    assert (stayed.url, went_on.url) == (path(case), path(third))


def test_next_passes_over_what_others_have_open(rita, bob):
    first, opened, third = a_case(), a_case(), a_case()
    claim_case(opened, by=bob.user)

    page = rita.get(path(first))

    assert page.context["next"] == third
    assert bob.get(path(first)).context["next"] == opened


def test_next_and_previous_stay_within_the_filter(rita):
    cases = [advised("deny"), advised(), advised("deny"), advised("deny")]
    query = "?status=waiting&recommended=deny"

    page = rita.get(path(cases[2], query=query))

    assert (page.context["before"], page.context["next"]) == (cases[0], cases[3])
    assert f'href="{path(cases[3], query=query)}"' in unescape(text(page))
    answer = rita.post(path(cases[3], "approve", query), {"confidence": SURE})
    assert answer.url == path(cases[0], query=query)


def test_a_list_of_decided_cases_is_walked_as_it_stands(rita):
    cases = [an_approved_case(rita.user) for _n in range(3)]

    page = rita.get(path(cases[1], query="?status=approved"))

    assert (page.context["before"], page.context["next"]) == (cases[2], cases[0])


# ----- bulk -----


def test_bulk_states_by_decision_what_then_happens(rita):
    cases = [advised(), advised(), advised("deny", confidence=0.5)]
    a_case(recommendation=None)

    asks = rita.get(f"{LIST}bulk/", {"all": "1"})
    plan = asks.context["plan"]
    done = rita.post(
        f"{LIST}bulk/",
        {
            "cases": ",".join(str(case.pk) for case in plan.cases),
            "counted_at": plan.counted_at.isoformat(),
        },
    )

    said = text(asks)
    assert "Agree with 3 recommendations?" in said
    assert "1 of them was recommended with less than 70" in said
    assert "1 more is left out" in said
    assert plan.by_decision == done.context["result"].by_decision
    assert "Agreed with 3 recommendations" in text(done)
    assert Case.objects.approved().count() == len(cases)


def test_bulk_takes_the_chosen_alone(rita):
    chosen, _other = advised(), advised()

    plan = rita.get(f"{LIST}bulk/", {"case": chosen.pk}).context["plan"]

    assert plan.cases == [chosen]


def test_bulk_names_what_stayed_and_why(rita, bob):
    good, lost = advised(), advised(external_id="C-9")
    plan = rita.get(f"{LIST}bulk/", {"all": "1"}).context["plan"]
    approve_case(lost, ReviewInput("deny"), by=bob.user)

    form = {"cases": f"{good.pk},{lost.pk}", "counted_at": plan.counted_at.isoformat()}
    page = text(rita.post(f"{LIST}bulk/", form))

    assert "1 case stayed as it was" in page
    assert "C-9" in page
    lost.refresh_from_db()
    assert lost.decision == "deny"


def test_nothing_to_agree_with_leads_back_to_the_list(rita):
    a_case(recommendation=None)

    answer = rita.get(f"{LIST}bulk/", {"status": "waiting"})

    assert (answer.status_code, answer.url) == (302, LIST)


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Integration"])
def test_only_reviewers_agree_in_bulk(role):
    case = advised()
    visitor = browser(role)

    answers = [
        visitor.get(f"{LIST}bulk/"),
        visitor.post(f"{LIST}bulk/", {"cases": case.pk}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert 'name="case"' not in text(visitor.get(LIST))
    assert Review.objects.count() == 0


# ----- filters -----


def test_each_filter_keeps_what_it_names(rita, bob):
    sure, unsure = advised(), advised("deny", confidence=0.5)
    mine, theirs = advised(), advised()
    approve_case(mine, ReviewInput("deny", confidence=0.1), by=rita.user)
    approve_case(theirs, ReviewInput("deny", confidence=0.1), by=bob.user)
    done = an_approved_case(bob.user)

    assert shown(rita, recommended="deny") == [unsure]
    assert shown(rita, sure="false") == [unsure]
    assert shown(rita, sure="true") == [sure, mine, theirs]
    assert shown(rita, second="mine") == [theirs]
    assert shown(rita, second="others") == [mine]
    assert set(shown(rita, status="all", decided_by="bob")) == {theirs, done}
    assert shown(rita, status="all", decided_by="rita", decided=1) == [mine]
    assert shown(rita, sure="perhaps", came="x", second="-1") == shown(rita)


def test_days_count_from_midnight(rita):
    old, new = a_case(), a_case()
    Case.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))

    assert shown(rita, came=7) == [new]
    assert shown(rita, came=30) == [old, new]


def test_a_filter_names_itself_and_its_address_is_kept(rita):
    advised("deny", confidence=0.5)

    part = rita.get(
        LIST,
        {"status": "waiting", "q": "", "recommended": "deny", "sure": "false"},
        headers={"HX-Request": "true"},
    )

    assert part.headers["HX-Push-Url"] == (
        f"{LIST}?status=waiting&recommended=deny&sure=false"
    )
    assert "Confidence: Unsure" in text(part)
    assert f'href="{LIST}"' in text(part)


def test_coming_back_from_a_case_the_list_opens_where_it_was(rita):
    cases = [a_case() for _n in range(30)]
    page = unescape(text(rita.get(path(cases[27], query="?came=1"))))
    back = f"{LIST}?status=waiting&came=1&at={cases[27].pk}#case-{cases[27].pk}"

    assert f'href="{back}"' in page
    opened = rita.get(urljoin(LIST, back))
    assert opened.context["page_obj"].number == 2
    assert f'id="case-{cases[27].pk}"' in text(opened)


def test_what_is_done_today_counts_as_its_link_does(rita):
    for _n in range(2):
        an_approved_case(rita.user)
    undone = an_approved_case(rita.user)
    by_htmx(rita, path(undone, "undo"))
    an_approved_case(person("Reviewer"))

    progress = rita.get(LIST).context["progress"]

    assert progress.done == 2
    assert rita.get(progress.mine.url).context["page_obj"].paginator.count == 2


def test_two_opinions_stand_side_by_side(rita, bob):
    case = a_case()
    approve_case(case, ReviewInput("deny", confidence=0.1), by=rita.user)
    approve_case(case, ReviewInput("approve", confidence=0.9), by=bob.user)

    page = rita.get(path(case))

    assert [each.by for each in page.context["opinions"]] == [rita.user, bob.user]
    assert "Two opinions" in text(page)
