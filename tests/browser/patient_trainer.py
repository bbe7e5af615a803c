"""The built-in trainer, after rounds that go on until the test lets them end."""

import os
import sys
from pathlib import Path

from tests.services import wait_until
from training.trainers.contract import run
from training.trainers.decision.__main__ import follow, train

GO_ON = "go-on"  # in the home directory: the rounds may end
ROUNDS, TOLD = 20, 12
PATIENCE = 300  # seconds, should nobody let them


def rounds(tell):
    """As the built-in trainer tells of its own; then it is busy with the next one."""
    for number in range(1, TOLD + 1):
        losses = {"linear": 0.3 + 0.2 / number, "trees": 0.32 + 0.3 / number}
        tell(number, ROUNDS, losses)
    go_on = Path(os.environ["HOME"]) / GO_ON
    wait_until(go_on.exists, within=PATIENCE, what="being let go on")


def train_patiently(request, events):
    rounds(follow(events))
    train(request, events)


if __name__ == "__main__":
    sys.exit(run(train_patiently))
