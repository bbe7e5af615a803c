"""Right answers group by group: which groups there are, and which got surely worse."""

import pytest

from mlops.evaluation.segments import (
    FEWEST_CASES,
    HeldOutResults,
    count_segments,
    holm,
    judge,
)
from mlops.models import ModelVersion
from mlops.predictor_cache import STORE
from mlops.serving.selection import select_version
from tests.apis import a_model_version, a_sealed_version, api, person
from tests.mlops.comparisons import (
    MOSTLY_HELD_OUT,
    PROTECTED,
    measured,
    sealed_loans,
)
from tests.mlops.people import browser, text
from tests.trainers.samples import facts


def rows(**columns):
    """One row for each place; None: the fact is not given."""
    return [
        {"facts": facts(**dict(zip(columns, values, strict=True)))}
        for values in zip(*columns.values(), strict=True)
    ]


def counted(trained_on, held_out, mine=None, theirs=None):
    return count_segments(
        trained_on,
        HeldOutResults(
            [row["facts"] for row in held_out],
            mine or [True] * len(held_out),
            theirs,
        ),
    )


def groups(found):
    return [
        (each["fact"], each.get("value", (each.get("low"), each.get("high"))))
        for each in found["groups"]
    ]


def test_the_groups_of_a_category_are_its_commonest_values():
    texts = ["car"] * 60 + ["house"] * 40 + [f"rare {n}" for n in range(40)]

    found = counted(rows(purpose=texts), rows(purpose=texts))

    assert groups(found) == [("purpose", "car"), ("purpose", "house")]
    assert [each["cases"] for each in found["groups"]] == [60, 40]


def test_of_many_values_six_are_looked_at():
    texts = [letter for letter in "abcdefghij" for _ in range(30)]

    found = counted(rows(branch=texts), rows(branch=texts))

    assert [each["value"] for each in found["groups"]] == list("abcdef")


def test_a_number_is_cut_into_thirds_of_the_training_data():
    found = counted(
        rows(income=list(range(300))), rows(income=[50] * 40 + [150] * 35 + [299] * 30)
    )

    assert groups(found) == [
        ("income", (None, 100.0)),
        ("income", (100.0, 200.0)),
        ("income", (200.0, None)),
    ]
    assert [each["cases"] for each in found["groups"]] == [40, 35, 30]


def test_a_number_of_few_values_is_a_category():
    flags = [0, 1] * 40

    assert groups(counted(rows(married=flags), rows(married=flags))) == [
        ("married", "0"),
        ("married", "1"),
    ]


def test_cases_without_the_fact_are_a_group_of_their_own():
    given = [1.5 * n for n in range(60)] + [None] * 40

    found = counted(rows(debt=given), rows(debt=given))

    assert (found["groups"][-1]["kind"], found["groups"][-1]["cases"]) == ("absent", 40)


@pytest.mark.parametrize(("few", "there"), [(FEWEST_CASES - 1, 1), (FEWEST_CASES, 2)])
def test_fewer_cases_are_no_group(few, there):
    texts = ["car"] * 60 + ["house"] * few

    assert len(counted(rows(purpose=texts), rows(purpose=texts))["groups"]) == there


def test_what_all_cases_have_in_common_is_no_group():
    texts = ["KR"] * 60

    assert counted(rows(country=texts), rows(country=texts)) is None


def test_of_many_facts_those_given_most_often_are_looked_at():
    many = {f"fact {n:02}": ["a", "b"] * 30 for n in range(30)}
    seldom = {"a fact given seldom": ["a"] * 31 + [None] * 29}

    found = counted(rows(**many, **seldom), rows(**many, **seldom))

    assert (found["facts"], found["facts_left_out"]) == (30, 1)
    assert {each["fact"] for each in found["groups"]} == set(many)


def test_the_correction_is_holms():
    """R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def lost(count, groups_):
    """The version that served was always right; the new one loses so many cases of
    the first of so many groups."""
    texts = [f"group {n}" for n in range(groups_) for _ in range(40)]
    mine = [place >= count for place in range(len(texts))]
    kept = counted(rows(a=texts), rows(a=texts), mine, [True] * len(texts))
    return {each.value: each for each in judge(kept).segments}


def test_a_group_that_lost_much_got_surely_worse():
    """7 of 7 against it: 2 / 128 for one group, 6 groups looked at: 0.094."""
    found = lost(7, groups_=2)["group 0"]

    assert (found.verdict, found.adjusted) == ("worse", pytest.approx(2 * 2 / 128))
    assert (found.candidate.count, found.champion.count) == (33, 40)
    assert lost(7, groups_=2)["group 1"].verdict == ""


def test_the_more_groups_are_looked_at_the_more_it_takes():
    found = lost(7, groups_=6)["group 0"]

    assert (found.verdict, found.adjusted) == ("", pytest.approx(6 * 2 / 128))
    assert lost(9, groups_=6)["group 0"].verdict == "worse"


def test_a_group_that_gained_got_surely_better():
    texts = ["car", "house"] * 40
    theirs = [text == "house" for text in texts]
    kept = counted(rows(a=texts), rows(a=texts), [True] * 80, theirs)

    assert [each.verdict for each in judge(kept).segments] == ["better", ""]


def test_without_a_champion_there_are_shares_and_no_verdict():
    texts = ["car", "house"] * 40
    kept = counted(rows(a=texts), rows(a=texts), [text == "car" for text in texts])

    found = judge(kept).segments

    assert [each.candidate.value for each in found] == [1.0, 0.0]
    assert {(each.champion, each.adjusted, each.verdict) for each in found} == {
        (None, None, "")
    }


@pytest.fixture(scope="module")
def staged(stage, two_model_directories, tmp_path_factory):
    STORE.clear()
    with stage.building(**MOSTLY_HELD_OUT):
        dataset = sealed_loans(person("Admin", "rita"), count=120)
        select_version(a_model_version(dataset, two_model_directories[0]), by=None)
        folder = tmp_path_factory.mktemp("measured")
        return measured(dataset, two_model_directories[1], folder)


@pytest.fixture
def version(staged, on_stage):
    """Measured beside the one that serves."""
    return ModelVersion.objects.get(pk=staged.pk)


def shown(version):
    return text(browser("Viewer").get(f"/mlops/models/{version.pk}/"))


def with_groups(version, *found):
    version.evaluation["segments"] = {
        "cases": 200,
        "facts": 2,
        "facts_left_out": 0,
        "groups": list(found),
    }
    version.save()
    return version


WORSE = {
    "fact": "purpose", "kind": "value", "value": "car", "cases": 64, "candidate": 40,
    "champion": 55, "gained": 1, "lost": 16,
}  # fmt: skip
SAME = {
    "fact": "income", "kind": "range", "low": 1000.0, "high": 2512.25, "cases": 64,
    "candidate": 40, "champion": 40, "gained": 0, "lost": 0,
}  # fmt: skip


def test_an_evaluation_looks_at_groups_of_the_cases_that_were_compared(version):
    found = version.evaluation["segments"]

    assert found["cases"] == version.evaluation["comparison"]["cases"]
    assert "married" in {each["fact"] for each in found["groups"]}
    for each in found["groups"]:
        assert each["candidate"] - each["champion"] == each["gained"] - each["lost"]


def test_the_page_names_the_groups_that_got_surely_worse(version):
    page = shown(with_groups(version, SAME, WORSE))

    assert "Surely worse where purpose = car: of 64 cases 40 right, before 55." in page
    assert "Of 2 groups some differ by chance alone." in page
    assert "income from 1,000 to below 2,512" in page


def test_the_page_says_when_no_group_is_surely_different(version):
    page = shown(with_groups(version, SAME))

    assert "surely better or worse" in page
    assert "Surely worse where" not in page


@pytest.mark.django_db
def test_a_version_measured_before_there_were_groups_has_no_such_section(
    two_model_directories,
):
    dataset = a_sealed_version(person("Reviewer"))
    version = a_model_version(dataset, two_model_directories[0])

    assert "Group by group" not in shown(version)


def test_over_http_each_group_has_its_shares_and_its_verdict(version):
    with_groups(version, SAME, WORSE)

    found = api("Viewer").get(f"models/{version.pk}").json()["segments"]

    same, worse = found["segments"]
    assert (same["low"], same["high"], same["verdict"]) == (1000.0, 2512.25, "")
    assert (worse["value"], worse["verdict"]) == ("car", "worse")
    assert worse["candidate"]["count"] == 40
    assert worse["candidate"]["low"] < 40 / 64 < worse["candidate"]["high"]


def test_no_protected_attribute_is_a_group(version):
    fairness = version.evaluation["fairness"]

    assert [each["name"] for each in fairness["attributes"]] == [PROTECTED]
    assert PROTECTED not in {
        each["fact"] for each in version.evaluation["segments"]["groups"]
    }
