"""What training asks of us: its ports, filled at start-up."""

from mlops.services.predictions import recommend
from mlops.services.registry import evaluate, run_completed
from training import ports


def fill_ports() -> None:
    ports.recommend.fill(recommend)
    ports.evaluate.fill(evaluate)
    ports.run_completed.fill(run_completed)
