"""How long the `decision` predictor takes: to load, and for one case.

    .venv/bin/python -m benchmarks.predictor [MODEL_DIRECTORY]

Without a directory it first trains on the demo's decisions, a few seconds. Loading
and answering are CPU time, so that a busy machine does not change the figures.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mlops.predictors import load

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "training" / "demo" / "hmda.csv"
LEFT_OUT = {"application_id", "deny", "afam"}


def cases() -> list[dict[str, Any]]:
    with DEMO.open(newline="", encoding="utf-8") as file:
        return [
            {
                "decision": line["deny"],
                "facts": [
                    {"name": name, "value": value, "unit": None, "period": None}
                    for name, value in line.items()
                    if name not in LEFT_OUT
                ],
            }
            for line in csv.DictReader(file)
        ]


def train(folder: Path) -> Path:
    lines = [json.dumps(case) for case in cases()[:1600]]
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
    print(
        f"training on 1,600 cases, whole process: {used:.1f} s CPU, {wall:.1f} s wall"
    )
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
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(train(Path(folder)))


if __name__ == "__main__":
    main()
