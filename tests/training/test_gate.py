"""The quality gate: each check made to fail in turn, and the verdict."""

import pytest
from django.core.exceptions import ValidationError

from training.choices import GateStatus, ReviewSource
from training.errors import InvalidInput
from training.gate import (
    GateInput,
    GateLimits,
    judge_sample,
    validate_min_evidence_by_source,
)
from training.models import TrainingPolicy

FACTS = [{"name": "income", "value": 3200, "unit": None, "period": None}]
GOOD = {
    "decision": "deny",
    "input": "income: 3200",
    "output": "deny\nAn income of 3,200 is not enough.",
    "source": ReviewSource.PAGE,
    "facts": FACTS,
    "evidence": [{"id": "1", "snippet": "Payslip"}],
    "confidence": 0.9,
    "contradictions": 0,
    "duplicates": 0,
}
SECOND_LOOK = {"confidence", "contradictions"}


def judged(limits=None, **changes):
    """The verdict, and the checks by name."""
    status, checks = judge_sample(
        GateInput(**{**GOOD, **changes}), GateLimits(**(limits or {}))
    )
    return status, {each.check: each for each in checks}


def failing(checks):
    return [name for name, check in checks.items() if not check.ok]


def test_a_good_sample_is_a_candidate_and_every_check_is_shown_with_its_limit():
    status, checks = judged({"min_evidence": 1})
    assert status == GateStatus.CANDIDATE
    assert {name: (each.value, each.limit) for name, each in checks.items()} == {
        "confidence": (0.9, 0.7),
        "evidence_count": (1, 1),
        "numbers_found": (1.0, 0.6),
        "contradictions": (0, 0),
        "duplicates": (0, None),
        "output_length": (38, 8000),
        "forbidden_content": ([], []),
    }


@pytest.mark.parametrize(
    ("changes", "limits", "broken"),
    [
        ({"confidence": 0.69}, {}, "confidence"),
        ({"evidence": []}, {"min_evidence": 1}, "evidence_count"),
        ({"output": "deny\n3,200 and 1, 2, 3."}, {}, "numbers_found"),
        ({"contradictions": 1}, {}, "contradictions"),
        ({"contradictions": 3}, {"max_contradictions": 2}, "contradictions"),
        ({"duplicates": 2}, {"max_duplicates": 1}, "duplicates"),
        ({"duplicates": 1}, {"max_duplicates": 0}, "duplicates"),
        ({"output": "deny" + "!" * 20}, {"max_output_chars": 23}, "output_length"),
        ({"output": ""}, {}, "output_length"),
        ({"output": "deny\npassword=hunter"}, {}, "forbidden_content"),
        ({"input": "card: 4111 1111 1111 1111"}, {}, "forbidden_content"),
    ],
)
def test_each_check_fails_alone_and_decides_the_verdict(changes, limits, broken):
    status, checks = judged(limits, **changes)
    assert failing(checks) == [broken]
    waits = broken in SECOND_LOOK
    assert status == (GateStatus.NEEDS_REVIEW if waits else GateStatus.REJECTED)


@pytest.mark.parametrize(
    ("changes", "limits", "absent"),
    [
        ({"confidence": None}, {}, "confidence"),
        ({"evidence": []}, {}, "evidence_count"),
        ({"output": "deny"}, {}, "numbers_found"),
        ({"contradictions": None}, {}, "contradictions"),
        ({"duplicates": None}, {"max_duplicates": 0}, "duplicates"),
    ],
)
def test_an_absent_measure_passes_as_not_applicable(changes, limits, absent):
    status, checks = judged(limits, **changes)
    assert status == GateStatus.CANDIDATE
    assert checks[absent].value is None


def test_a_bare_label_and_the_limits_themselves_are_good_enough():
    status, checks = judged(
        {"max_output_chars": 4, "max_duplicates": 1, "max_contradictions": 2},
        output="deny",
        confidence=0.7,
        duplicates=1,
        contradictions=2,
    )
    assert (status, failing(checks)) == (GateStatus.CANDIDATE, [])


def test_no_limit_is_any_number():
    _status, checks = judged(
        {"max_contradictions": None}, contradictions=99, duplicates=99
    )
    assert failing(checks) == []
    assert (checks["duplicates"].value, checks["duplicates"].limit) == (99, None)


def test_a_second_reviewer_settles_doubt_and_contradiction_and_nothing_else():
    doubtful = {"confidence": 0.1, "contradictions": 5}
    status, _checks = judged(**doubtful, confirmed_by_second_reviewer=True)
    assert status == GateStatus.CANDIDATE
    status, checks = judged(
        {"max_duplicates": 0},
        output="deny\npassword=hunter 7 8 9",
        duplicates=1,
        confirmed_by_second_reviewer=True,
    )
    assert status == GateStatus.REJECTED
    assert failing(checks) == ["numbers_found", "duplicates", "forbidden_content"]


def test_a_rejection_outweighs_a_second_look():
    status, checks = judged({"max_duplicates": 0}, contradictions=1, duplicates=1)
    assert status == GateStatus.REJECTED
    assert failing(checks) == ["contradictions", "duplicates"]


def test_the_value_of_what_is_forbidden_names_kinds_and_holds_nothing_of_it():
    facts = [{**FACTS[0], "source": "https://app:hunter22@host/loans"}]
    _status, checks = judged(input="SSN 536-90-4399", facts=facts)
    check = checks["forbidden_content"].as_json()
    assert check["value"] == ["password", "us_social_security_number"]


def test_a_way_of_review_may_ask_for_other_evidence_than_the_rest():
    limits = {"min_evidence": 2, "min_evidence_by_source": {"page": 1, "replay": 0}}
    for source, limit in [("page", 1), ("replay", 0), ("api", 2)]:
        _status, checks = judged(limits, source=source)
        check = checks["evidence_count"]
        assert (check.limit, check.ok) == (limit, source != "api")
        assert check.value == (None if source == "replay" else 1)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "State ways of review"),
        ("page", "State ways of review"),
        ({"fax": 1}, "fax is no way of review; there are page, bulk"),
        ({"page": -1}, "evidence needed for page must be from 0 to 200"),
        ({"page": 1.5}, "evidence needed for page"),
        ({"page": True}, "evidence needed for page"),
        ({"page": "1"}, "evidence needed for page"),
        ({"page": None}, "evidence needed for page"),
        ({"page": 201}, "from 0 to 200"),
    ],
)
def test_evidence_by_way_of_review_that_cannot_be_is_one_sentence(value, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        validate_min_evidence_by_source(value)


@pytest.mark.django_db
def test_the_policy_takes_only_what_can_be():
    validate_min_evidence_by_source({})
    validate_min_evidence_by_source({"page": 0, "bulk": 200})
    row = TrainingPolicy.objects.get()
    row.min_evidence_by_source = {"fax": 1}
    with pytest.raises(ValidationError, match="fax is no way of review"):
        row.full_clean()
