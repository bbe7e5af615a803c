"""How long the `decision` predictor takes: to load, and for one case.

    .venv/bin/python -m benchmarks.predictor [MODEL]

Without the directory of a model it first trains on the demo's decisions, a few seconds.
Loading and answering are CPU time, so that a busy machine does not change the figures.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.parts.demo import decisions_of_the_demo, facts_of_the_demo
from benchmarks.parts.installation import ROOT, Parser
from mlops.predictors import load


def cases() -> list[dict[str, Any]]:
    facts = facts_of_the_demo()
    return [
        {
            "decision": decision,
            "facts": [{"unit": None, "period": None, **fact} for fact in each],
        }
        for each, decision in zip(facts, decisions_of_the_demo(), strict=True)
    ]


def train(folder: Path, count: int) -> Path:
    lines = [json.dumps(case) for case in cases()[:count]]
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")
    environment = {
        **os.environ,
        "PRECISO_TRAIN_FILE": str(folder / "train.jsonl"),
        "PRECISO_OUTPUT_DIR": str(folder),
        "PRECISO_EVENTS_FILE": str(folder / "events.jsonl"),
    }
    command = [sys.executable, "-m", "training.trainers.decision"]
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    took = f"{used:.1f} s CPU, {wall:.1f} s wall"
    print(f"training on {count:,} cases, whole process: {took}")
    return folder / "model"


def milliseconds(times: list[float]) -> str:
    times.sort()
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
    return f"p50 {p50 * 1e3:.3f} ms, p99 {p99 * 1e3:.3f} ms"


def measure(model: Path) -> None:
    loads, answers = [], []
    for _ in range(20):
        start = time.process_time()
        predictor = load(model)
        loads.append(time.process_time() - start)
    for case in cases():
        start = time.process_time()
        predictor.predict([case["facts"]])
        answers.append(time.process_time() - start)
    size = (model / "model.json").stat().st_size
    print(f"model.json: {size / 1024:.0f} KB")
    print(f"load: {milliseconds(loads)}")
    print(f"one case: {milliseconds(answers)} over {len(answers)} cases")
    print(f"numpy imported: {'numpy' in sys.modules}")


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("model", nargs="?", type=Path, help="a model's directory")
    parser.add_argument("--learnt", type=int, default=1600, help="cases learnt from")
    options = parser.read(learnt=150)
    if options.model:
        measure(options.model)
        return
    with tempfile.TemporaryDirectory(prefix="preciso-bench-") as folder:
        measure(train(Path(folder), options.learnt))


if __name__ == "__main__":
    main()
