"""A blind case on the pages: nothing of its recommendation before a person decided."""

import pytest
from django.utils import timezone

from tests.apis import Api, api, case_body, person
from tests.mlops.people import PAGES, browser, by_htmx, text
from tests.mlops.production import decided, recommended, serve, some_versions
from training.models import Review
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db

DECISION = "postpone-until-audited"  # a word that no page has of itself


@pytest.fixture
def rita():
    return browser("Reviewer", "rita")


@pytest.fixture
def version():
    found = some_versions(1)[0]
    serve(found, timezone.now())
    return found


@pytest.fixture
def blind_case(version):
    return recommended(version, timezone.now(), DECISION, blind=True)


def path(case, verb=""):
    return f"/mlops/approvals/{case.pk}/" + (f"{verb}/" if verb else "")


def leaks(page, version):
    """What of the recommendation can be read off the page."""
    body = page.split('id="page"')[-1]
    secrets = (
        DECISION,
        "0.8725",
        "87 %",
        "87.2 %",
        "87.3 %",
        "Because of the income",
        str(version),
    )
    return [secret for secret in secrets if secret in body]


def test_the_page_of_a_blind_case_tells_nothing_and_says_why(rita, version, blind_case):
    decided(recommended(version, timezone.now(), "deny"), rita.user)

    page = text(rita.get(path(blind_case)))

    assert leaks(page, version) == []
    assert "so that your own judgement is measured" in page
    assert "Decide: deny" in page
    assert "Agree:" not in page


def test_a_decision_made_before_is_offered_though_it_is_the_one_recommended(
    rita, version, blind_case
):
    decided(recommended(version, timezone.now(), DECISION), rita.user)

    page = text(rita.get(path(blind_case)))

    assert f"Decide: {DECISION}" in page  # leaving it out would tell


@pytest.mark.usefixtures("blind_case")
def test_no_filter_of_the_api_tells_the_recommendation_of_a_blind_case():
    for query in ({"recommended": DECISION}, {"sure": "true"}, {"sure": "false"}):
        assert api("Reviewer").get("cases", **query).json()["items"] == []


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Operator", "Admin"])
def test_no_list_shows_the_recommendation_of_a_blind_case(role, version, blind_case):
    client = browser(role)
    lists = [*PAGES.values(), "/mlops/approvals/?status=all", path(blind_case)]

    for address in lists:
        answer = client.get(address)
        if answer.status_code == 200:
            assert DECISION not in text(answer), address
            assert "Because of the income" not in text(answer), address

    inbox = text(client.get("/mlops/approvals/"))
    row = inbox.split("<tbody")[1]
    assert leaks(row, version) == []
    assert "not shown" in row


def test_the_admin_shows_no_recommendation_of_a_blind_case(version, blind_case):
    boss = browser("Admin")
    boss.user.is_staff = True
    boss.user.is_superuser = True
    boss.user.save()
    admin = "/admin/training/case/"

    assert "0.8725" not in text(boss.get(admin))
    assert DECISION not in text(boss.get(f"{admin}{blind_case.pk}/change/"))

    seen = recommended(version, timezone.now(), DECISION)
    decided(seen, boss.user)
    found = text(boss.get(f"{admin}?recommended_decision={DECISION}"))
    assert "0.8725" in text(boss.get(admin))
    assert seen.external_id in found
    assert blind_case.external_id not in found
    for asked in ("recommended_confidence__gt=0.5", "recommended_decision__gt=a"):
        assert boss.get(f"{admin}?{asked}").status_code == 400


def test_what_a_correction_replaced_is_not_told_in_the_log(version, blind_case):
    changed = case_body(blind_case.external_id, recommendation={"decision": "other"})
    correct_case(blind_case, parse_case(changed), by=person("Operator"))

    page = text(browser("Admin").get("/logs/"))

    assert "Case corrected" in page
    assert DECISION not in page


def test_agreeing_with_a_blind_case_on_the_page_is_refused(rita, blind_case):
    answer = by_htmx(rita, path(blind_case, "approve"), confidence="0.95")

    assert answer.status_code == 409
    assert "nothing to agree with; choose a decision." in text(answer)
    assert DECISION not in text(answer)
    assert Review.objects.count() == 0


@pytest.mark.parametrize(
    ("decision", "said"), [(DECISION, "and the same."), ("deny", "and otherwise.")]
)
def test_after_the_decision_the_page_shows_what_the_model_had_recommended(
    rita, version, blind_case, decision, said
):
    answer = by_htmx(
        rita, path(blind_case, "approve"), decision=decision, confidence="0.95"
    )

    page = text(answer)
    assert answer.status_code == 200
    assert Review.objects.get().blind
    assert {DECISION, "Because of the income", "loans v1"} - set(
        leaks(page, version)
    ) == (set())
    assert said in page
    assert "without seeing the recommendation" in page


def test_a_case_that_is_not_blind_shows_its_recommendation(rita, version):
    case = recommended(version, timezone.now(), DECISION)

    assert "Agree: " + DECISION in text(rita.get(path(case)))
    assert DECISION in text(rita.get("/mlops/approvals/"))


def test_the_api_shows_integrations_the_recommendation_and_that_it_is_blind(blind_case):
    case = Api(person("Integration")).get(f"cases/{blind_case.pk}").json()

    assert (case["blind"], case["recommendation"]["decision"]) == (True, DECISION)
