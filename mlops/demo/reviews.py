"""The reviewers' part: deciding, and how often they agree with the model."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mlops.demo.demo_run import Stage
from mlops.demo.errors import DemoFailed
from mlops.demo.printer import percent

HANDS = 4  # reviews under way at the same time

Row = dict[str, Any]


def waiting(stage: Stage) -> list[Row]:
    """The inbox, the oldest case first."""
    return stage.reviewer.all_items("/cases", status="awaiting_review")[::-1]


def decide(stage: Stage, cases: Sequence[Row]) -> list[Row]:
    """Decide each case as its reviewer did in 1990; the answers, in that order."""
    decisions = {row.external_id: row.decision for row in stage.rows}

    def decide_one(case: Row) -> Row:
        decision = decisions[case["external_id"]]
        path = f"/approvals/cases/{case['id']}/approve"
        return dict(stage.reviewer.post(path, {"decision": {"decision": decision}}))

    with ThreadPoolExecutor(HANDS) as hands:
        answers = list(hands.map(decide_one, cases))
    print_decisions(stage, [decisions[case["external_id"]] for case in cases])
    gates = [answer["sample"]["gate"]["status"] for answer in answers]
    stage.paper.figure("fit for training", f"{gates.count('candidate'):,}")
    return answers


def print_decisions(stage: Stage, decisions: Sequence[str]) -> None:
    kinds = Counter(decisions).most_common()
    counted = ", ".join(f"{count:,} {kind}" for kind, count in kinds)
    stage.paper.figure("decided", f"{len(decisions):,} ({counted})")


def agreement(stage: Stage, cases: Sequence[Row]) -> None:
    """How often the reviewer and the model said the same, beside always saying one."""
    decisions = {row.external_id: row.decision for row in stage.rows}
    decided = [(decisions[case["external_id"]], case) for case in cases]
    agreed = sum(
        case["recommendation"]["decision"] == decision for decision, case in decided
    )
    commonest, count = Counter(decision for decision, _ in decided).most_common(1)[0]
    stage.paper.figure(
        "agreed with the model",
        f"{agreed:,} of {len(cases):,} ({percent(agreed / len(cases))}); always "
        f"saying {commonest}: {percent(count / len(cases))}",
    )


def auto_job(stage: Stage, answers: Sequence[Row]) -> str:
    """The job Auto submitted, and why not before. Raises DemoFailed if it did not."""
    refused = next(answer for answer in answers if not answer["auto"]["submitted"])
    rule = next(rule for rule in refused["auto"]["rules"] if not rule["ok"])
    stage.paper.figure(
        "at first, why not",
        f"{rule['rule'].replace('_', ' ')}: {rule['value']} of {rule['limit']}",
    )
    chosen = [answer for answer in answers if answer["auto"]["submitted"]]
    if len(chosen) != 1:
        raise DemoFailed(f"Auto submitted {len(chosen)} jobs instead of one")
    met = ", ".join(
        f"{rule['rule'].replace('_', ' ')} {rule['value']}"
        for rule in chosen[0]["auto"]["rules"]
        if rule["rule"] in {"new_samples", "runs_per_day"}
    )
    stage.paper.figure("then, why", met)
    return str(chosen[0]["auto"]["job_id"])
