"""Made-up cases for trainers and predictors: numbers, texts, gaps, mixtures."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from training.trainers.contract import Events, Request
from training.trainers.decision.__main__ import train

ROOT = Path(__file__).parents[2]


def facts(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


def loan(chance, decisions=("no", "yes")):
    """One case whose decision follows income and purpose, with some noise."""
    income, debt = chance.lognormvariate(8, 0.6), chance.random()
    purpose = chance.choice(["car", "house", "시설", "boat"])
    push = (income > 3000) + (debt < 0.5) + (purpose == "house") + chance.random()
    level = min(int(push / 4 * len(decisions)), len(decisions) - 1)
    values = {
        "income": income,
        "debt": debt if chance.random() > 0.2 else None,
        "purpose": purpose if chance.random() > 0.1 else "",
        "score": chance.choice([str(chance.randint(300, 800)), "none", "unclear"]),
        "married": chance.random() > 0.5,
        "note": f"text number {chance.randint(0, 10**9)}",
        "country": "KR",
    }
    return {"decision": decisions[level], "facts": facts(**values)}


def loans(count, decisions=("no", "yes"), seed=1):
    chance = random.Random(seed)
    return [loan(chance, decisions) for _ in range(count)]


def write(path, cases):
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return path


def request(folder, cases, evaluation=None, **args):
    """What a worker would ask for, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    held_back = write(folder / "eval.jsonl", evaluation) if evaluation else None
    train_file = write(folder / "train.jsonl", cases)
    output = folder / "output"
    output.mkdir(exist_ok=True)
    return Request(train_file, held_back, output, folder / "events.jsonl", args)


def train_here(folder, cases, evaluation=None, **args):
    """Train in this process; return the model directory."""
    trainer_request = request(folder, cases, evaluation, **args)
    train(trainer_request, Events(trainer_request.events_file))
    return trainer_request.output_dir / "model"


def start(trainer_request):
    """Start the trainer as the worker does: a child with a minimal environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PRECISO_TRAIN_FILE": str(trainer_request.train_file),
        "PRECISO_EVAL_FILE": str(trainer_request.eval_file or ""),
        "PRECISO_OUTPUT_DIR": str(trainer_request.output_dir),
        "PRECISO_EVENTS_FILE": str(trainer_request.events_file),
        "PRECISO_TRAINING_ARGS": json.dumps(trainer_request.args),
    }
    command = [sys.executable, "-W", "error", "-m", "training.trainers.decision"]
    return subprocess.Popen(
        command,
        env=environment,
        cwd=trainer_request.output_dir,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def events_of(trainer_request):
    lines = trainer_request.events_file.read_text().splitlines()
    return [json.loads(line) for line in lines]
