"""The command: read the cases, choose and fit, measure, save."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from training.trainers.contract import Events, Request, log, run
from training.trainers.decision import reporting
from training.trainers.decision.export import describe
from training.trainers.decision.options import read_options
from training.trainers.decision.recipe import learn
from training.trainers.decision.rows import read_rows
from training.trainers.decision.selection import OnRound


def train(request: Request, events: Events) -> None:
    """Train one model as the request asks. Raises DataError where it cannot."""
    options = read_options(request.args)
    events.progress(0.01, "Reading the approved cases", "reading_cases")
    rows = read_rows(request.train_file)
    evaluation = read_rows(request.eval_file) if request.eval_file else []
    log.info("%d cases to learn from, %d held back", len(rows), len(evaluation))
    result = learn(rows, options, follow(events))
    log.info("Chosen: %s", reporting.KINDS[result.choice.kind])
    events.progress(0.93, "Measuring on the cases held back", "measuring")
    cross = reporting.cross_validated(result)
    held = reporting.held_back(result, evaluation)
    reporting.emit(events, "cv", "Cross-validated on the training cases", cross)
    reporting.emit(events, "eval", "On the cases held back", held)
    report = reporting.compose(result, options, evaluation, (held, cross))
    for note in report["notes"]:
        log.info("Note: %s", note)
    save(request.output_dir, describe(result), report)
    events.report(report)
    events.progress(1.0, "Done", "done")


def follow(events: Events) -> OnRound:
    """A callback that reports every round of the comparison."""

    def on_round(number: int, rounds: int, losses: dict[str, float]) -> None:
        note = f"Comparing kinds of model: round {number} of {rounds}"
        done = 0.05 + 0.85 * number / rounds
        events.progress(done, note, "comparing", number=number, rounds=rounds)
        for kind, loss in losses.items():
            events.metric(f"cv_log_loss_{kind}", loss, step=number)
        figures = ", ".join(f"{kind} {loss:.4f}" for kind, loss in losses.items())
        log.info("%s; log loss: %s", note, figures)

    return on_round


def save(folder: Path, model: dict[str, Any], report: dict[str, Any]) -> None:
    """Write the model last and in one step: a model.json is always a whole one."""
    target = folder / "model" / "model.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(report, indent=1) + "\n")
    partial = folder / "model.json.partial"
    partial.write_text(json.dumps(model, allow_nan=False, separators=(",", ":")) + "\n")
    os.replace(partial, target)


if __name__ == "__main__":
    sys.exit(run(train))
