"""The built-in trainer, after rounds that go on until the test lets them end."""

import os
import sys
import time
from itertools import count
from pathlib import Path

GO_ON = "go-on"  # in the home directory: the rounds may end
ROUNDS = 100  # should nobody let them


def rounds(tell):
    """As the built-in trainer tells of its own."""
    go_on = Path(os.environ["HOME"]) / GO_ON
    for number in count(1):
        if go_on.exists() or number == ROUNDS:
            return
        losses = {"linear": 0.3 + 0.2 / number, "trees": 0.32 + 0.3 / number}
        tell(number, ROUNDS, losses)
        time.sleep(0.4)


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from training.trainers.contract import run
    from training.trainers.decision.__main__ import follow, train

    def train_patiently(request, events):
        rounds(follow(events))
        train(request, events)

    return run(train_patiently)


if __name__ == "__main__":
    sys.exit(main())
