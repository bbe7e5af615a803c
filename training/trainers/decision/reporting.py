"""The report of a training: its figures beside a baseline, and what was ignored."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from training.measures import Metrics, measure, measure_commonest
from training.trainers.contract import Events, log
from training.trainers.decision.options import Options
from training.trainers.decision.recipe import TrainingResult
from training.trainers.decision.rows import TrainingCase

Pair = tuple[Metrics, Metrics]  # of the model, and of the commonest decision

KINDS = {
    "linear": "a scorecard",
    "trees": "decision trees",
    "both": "the mean of a scorecard and decision trees",
}


def cross_validated(result: TrainingResult) -> Pair | None:
    """Measures on training cases while they were held out; every repeat counts.

    None if there were too few cases to hold any out.
    """
    choice, decisions = result.choice, result.decisions
    if choice.held_out is None:
        return None
    scores, labels = choice.held_out.flat()
    probabilities = choice.calibration.probabilities(scores).tolist()
    predicted = [dict(zip(decisions, row, strict=True)) for row in probabilities]
    truth = [decisions[label] for label in labels]
    return measure(predicted, truth), measure_commonest(result.shares, truth)


def held_back(result: TrainingResult, rows: Sequence[TrainingCase]) -> Pair | None:
    """Measures on the evaluation cases; None if there are none."""
    if not rows:
        return None
    truth = [row.decision for row in rows]
    answers = measure(result.predict(rows), truth)
    return answers, measure_commonest(result.shares, truth)


def emit(events: Events, prefix: str, title: str, pair: Pair | None) -> None:
    """Emit the numbers as metrics and log them beside the baseline."""
    if pair is None:
        return
    model, commonest = pair
    log.info("%s; in brackets: always the commonest decision", title)
    baseline = commonest.numbers()
    for name, value in model.numbers().items():
        log.info("  %-18s %.4f  (%.4f)", name, value, baseline[name])
        events.metric(f"{prefix}_{name}", value)
    for name, value in baseline.items():
        events.metric(f"{prefix}_commonest_{name}", value)


def compose(
    result: TrainingResult,
    options: Options,
    evaluation: Sequence[TrainingCase],
    figures: tuple[Pair | None, Pair | None],
) -> dict[str, Any]:
    """The complete report; `figures` are the held-back and the cross-validated ones."""
    held, cross = figures
    choice = result.choice
    growth = choice.growth if choice.kind != "linear" else None
    return {
        "trainer": "decision",
        "options": asdict(options),
        "cases": {"train": len(result.cases.labels), "eval": len(evaluation)},
        "decisions": result.counts,
        "chosen": {
            "model": choice.kind,
            "strength": choice.strength if choice.kind != "trees" else None,
            "leaves": growth.leaves if growth else None,
            "cases_per_leaf": growth.cases if growth else None,
            "cv_log_loss": choice.losses,
            "folds": choice.folds,
            "repeats": choice.repeats,
            "calibration": asdict(choice.calibration),
        },
        "eval": _section(held),
        "cv": _section(cross),
        "columns": {"used": result.used, "unused": result.unused},
        "notes": _notes(result, options, evaluation),
    }


def _section(pair: Pair | None) -> dict[str, Any] | None:
    if pair is None:
        return None
    return {"model": pair[0].as_json(), "commonest": pair[1].as_json()}


def _notes(
    result: TrainingResult, options: Options, evaluation: Sequence[TrainingCase]
) -> list[str]:
    notes = []
    if not evaluation:
        notes.append("No cases were held back to measure the finished model on.")
    if result.choice.held_out is None:
        notes.append("Too few cases of a second decision to cross-validate.")
    if options.model not in ("auto", result.choice.kind):
        notes.append(
            f"Too few cases to learn {KINDS[options.model]}; used a scorecard."
        )
    if result.unused:
        notes.append(f"Nothing could be learnt from {_some(result.unused)}.")
    new = sorted({row.decision for row in evaluation} - set(result.decisions))
    if new:
        notes.append(f"Held-back cases carry decisions never taught: {_some(new)}.")
    return notes


def _some(names: Sequence[str]) -> str:
    rest = len(names) - 10
    return ", ".join(names[:10]) + (f" and {rest} more" if rest > 0 else "")
