"""The cases that two versions answer differently: kept, listed, narrowed, told on."""

import pytest
from django.contrib.auth.models import User

from mlops.evaluation.held_out import MOST_DIFFERING
from mlops.models import DifferingAnswer
from mlops.predictor_cache import STORE
from mlops.serving import model_registry
from mlops.serving.selection import select_version
from tests.apis import a_model_version, a_run, api, person
from tests.database import refuses, run_sql
from tests.mlops.comparisons import MOSTLY_HELD_OUT, measured, sealed_loans
from tests.mlops.people import browser, text
from tests.mlops.test_pages_counters import Counters, rows
from training.models import DatasetVersion
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    withdraw_approval,
)
from training.services.cases.intake import correct_case, parse_case

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def staged(stage):
    with stage.building(**MOSTLY_HELD_OUT):
        return sealed_loans(person("Admin", "rita"))


@pytest.fixture
def rita(staged, on_stage):
    return User.objects.get(username="rita")


@pytest.fixture
def dataset(staged, on_stage):
    STORE.clear()
    return DatasetVersion.objects.get(pk=staged.pk)


@pytest.fixture
def version(dataset, two_model_directories, tmp_path):
    """Measured beside the one that serves."""
    champion = a_model_version(dataset, two_model_directories[0])
    select_version(champion, by=None)
    return measured(dataset, two_model_directories[1], tmp_path)


def path(version, query=""):
    return f"/mlops/models/{version.pk}/differences/{query}"


def listed(version, **query):
    return api("Viewer").get(f"models/{version.pk}/differences", **query).json()


def test_every_case_with_two_answers_is_kept_with_both(version):
    compared = version.evaluation["comparison"]["disagreement"]

    found = listed(version)["items"]

    assert len(found) == compared["cases"] > 0
    assert all(each["candidate"] != each["champion"] for each in found)
    assert sum(each["candidate_right"] for each in found) == compared["candidate_right"]
    assert sum(each["champion_right"] for each in found) == compared["champion_right"]
    assert "differing" not in version.evaluation  # lists of versions stay light


def test_both_answers_are_those_the_versions_give(version):
    champion, candidate = (
        STORE.get(int(pk))
        for pk in (version.evaluation["comparison"]["model_version"]["id"], version.pk)
    )
    for row in DifferingAnswer.objects.select_related("sample"):
        facts = [row.sample.facts]
        assert row.candidate == candidate.predict(facts)[0].decision
        assert row.champion == champion.predict(facts)[0].decision


def test_the_page_of_the_version_counts_them_and_leads_there(version):
    visitor = browser("Viewer")
    page = visitor.get(f"/mlops/models/{version.pk}/")

    told = [each for each in Counters(text(page)).found if "/differences/" in each[0]]

    assert [address for address, _count in told] == [
        path(version),
        path(version, "?answered=wrong"),
    ]
    for address, count in told:
        assert rows(visitor.get(address)) == count > 0
    for address, count in Counters(text(visitor.get(path(version)))).found:
        if address.startswith("?"):
            assert rows(visitor.get(path(version, address))) == count


def test_only_those_where_the_new_one_is_wrong(version):
    wrong = listed(version, candidate_right="false")["items"]
    right = listed(version, candidate_right="true")["items"]

    page = browser("Viewer").get(path(version, "?answered=wrong"))

    assert {each["candidate_right"] for each in wrong} == {False}
    assert {each["candidate_right"] for each in right} == {True}
    assert len(wrong) + len(right) == len(listed(version)["items"])
    shown = [str(row.pk) for row in page.context["page_obj"]]
    assert shown == [each["id"] for each in wrong]


def test_a_line_says_who_decided_what_and_leads_to_the_case(version):
    row = DifferingAnswer.objects.for_table().first()

    page = text(browser("Viewer").get(path(version)))

    assert f'href="/mlops/approvals/{row.sample.case_id}/"' in page
    assert "rita" in page
    assert f"<strong>{row.sample.decision}</strong>" in page


def test_a_case_that_was_withdrawn_stays_listed_and_says_so(version, rita):
    case = DifferingAnswer.objects.first().sample.case
    before = len(listed(version)["items"])
    withdraw_approval(case, by=rita, reasoning="Look again.")

    told = {each["case_id"]: each for each in listed(version)["items"]}

    assert len(told) == before
    assert told[str(case.pk)]["withdrawn_at"]
    assert told[str(case.pk)]["decided_since"] is None
    assert "withdrawn" in text(browser("Viewer").get(path(version)))


def test_a_case_that_was_corrected_says_what_was_decided_since(version, rita):
    sample = DifferingAnswer.objects.first().sample
    withdraw_approval(sample.case, by=rita, reasoning="The income was wrong.")
    content = parse_case(
        {
            "external_id": sample.case.external_id,
            "facts": [{"name": "income", "value": 1}],
        }
    )
    correct_case(sample.case, content, by=rita)
    sample.case.refresh_from_db()
    approve_case(sample.case, ReviewInput(decision="maybe", confidence=1.0), by=rita)

    told = {each["sample_id"]: each for each in listed(version)["items"]}

    found = told[str(sample.pk)]
    assert (found["decision"], found["decided_since"]) == (sample.decision, "maybe")
    assert "decided anew: maybe" in text(browser("Viewer").get(path(version)))


def test_a_version_measured_with_nothing_serving_has_none_and_says_why(
    dataset, two_model_directories, tmp_path
):
    version = measured(dataset, two_model_directories[0], tmp_path)

    page = text(browser("Viewer").get(path(version)))

    assert listed(version) == {"items": [], "next": None}
    assert "there was nothing to compare it with" in page
    assert "/differences/" not in text(
        browser("Viewer").get(f"/mlops/models/{version.pk}/")
    )


def test_of_very_many_the_newest_are_kept_and_the_page_says_so(version, dataset):
    evaluation = {
        "problem": "",
        "comparison": {
            **version.evaluation["comparison"],
            "disagreement": {
                **version.evaluation["comparison"]["disagreement"],
                "cases": MOST_DIFFERING + 5,
            },
        },
        "differing": [
            {
                "sample": str(dataset.samples().first().pk),
                "candidate": "yes",
                "champion": "no",
            }
        ],
    }
    many = model_registry.register_run(a_run(dataset), evaluation)

    assert "the newest 1 are listed" in text(browser("Viewer").get(path(many)))


def test_they_are_only_added_to_and_once_for_each_case(version, dataset):
    kept = DifferingAnswer.objects.filter(model_version=version)
    known = kept.first().sample
    others = dataset.samples().exclude(pk__in=kept.values("sample"))

    def add(sample, candidate, champion):
        DifferingAnswer.objects.create(
            model_version=version,
            sample=sample,
            candidate=candidate,
            champion=champion,
        )

    refuses(lambda: kept.update(candidate="other"))
    refuses(lambda: run_sql("DELETE FROM mlops_differinganswer"))
    refuses(lambda: add(known, "yes", "no"))
    refuses(lambda: add(others[0], "yes", "yes"))
    add(others[0], "yes", "no")


def test_who_may_not_see_samples_sees_no_differences(version):
    nobody = browser("")

    assert nobody.get(path(version)).status_code == 403
    assert api("Viewer").get("models/999999/differences").status_code == 404
