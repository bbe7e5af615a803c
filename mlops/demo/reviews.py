"""The reviewers' part: deciding, and how often they agree with the model."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mlops.demo.demo_run import DemoRun
from mlops.demo.errors import DemoFailed
from mlops.demo.printer import percent

HANDS = 4  # reviews under way at the same time

Row = dict[str, Any]


def waiting(run: DemoRun) -> list[Row]:
    """The inbox, the oldest case first."""
    return run.reviewer.all_items("/cases", status="awaiting_review")[::-1]


def decide(run: DemoRun, cases: Sequence[Row]) -> list[Row]:
    """Decide each case as its reviewer did in 1990; the answers, in that order."""
    decisions = {row.external_id: row.decision for row in run.rows}

    def decide_one(case: Row) -> Row:
        decision = decisions[case["external_id"]]
        path = f"/approvals/cases/{case['id']}/approve"
        return dict(run.reviewer.post(path, {"decision": {"decision": decision}}))

    with ThreadPoolExecutor(HANDS) as hands:
        answers = list(hands.map(decide_one, cases))
    print_decisions(run, [decisions[case["external_id"]] for case in cases])
    gates = [answer["sample"]["gate"]["status"] for answer in answers]
    run.printer.figure("fit for training", f"{gates.count('candidate'):,}")
    return answers


def print_decisions(run: DemoRun, decisions: Sequence[str]) -> None:
    kinds = Counter(decisions).most_common()
    counted = ", ".join(f"{count:,} {kind}" for kind, count in kinds)
    run.printer.figure("decided", f"{len(decisions):,} ({counted})")


def agreement(run: DemoRun, cases: Sequence[Row]) -> None:
    """How often the reviewer and the model said the same, beside always saying one."""
    decisions = {row.external_id: row.decision for row in run.rows}
    decided = [(decisions[case["external_id"]], case) for case in cases]
    agreed = sum(
        case["recommendation"]["decision"] == decision for decision, case in decided
    )
    commonest, count = Counter(decision for decision, _ in decided).most_common(1)[0]
    run.printer.figure(
        "agreed with the model",
        f"{agreed:,} of {len(cases):,} ({percent(agreed / len(cases))}); always "
        f"saying {commonest}: {percent(count / len(cases))}",
    )


def auto_job(run: DemoRun, answers: Sequence[Row]) -> str:
    """The job Auto submitted, and why not before. Raises DemoFailed if it did not."""
    refused = next(answer for answer in answers if not answer["auto"]["submitted"])
    rule = next(rule for rule in refused["auto"]["rules"] if not rule["ok"])
    run.printer.figure(
        "at first, why not",
        f"{rule['rule'].replace('_', ' ')}: {rule['value']} of {rule['limit']}",
    )
    chosen = [answer for answer in answers if answer["auto"]["submitted"]]
    if len(chosen) != 1:
        raise DemoFailed(f"Auto submitted {len(chosen)} jobs instead of one")
    rules = ", ".join(
        f"{rule['rule'].replace('_', ' ')} {rule['value']}"
        for rule in chosen[0]["auto"]["rules"]
        if rule["rule"] in {"new_samples", "runs_per_day"}
    )
    run.printer.figure("then, why", rules)
    return str(chosen[0]["auto"]["job_id"])
