"""What training asks of us: its ports, filled at start-up."""

from mlops.serving.model_registry import evaluate
from mlops.serving.predictions import recommend
from mlops.serving.promotion import run_completed
from mlops.serving.selection import is_on_hold
from training import ports


def fill_ports() -> None:
    ports.recommend.fill(recommend)
    ports.evaluate.fill(evaluate)
    ports.run_completed.fill(run_completed)
    ports.promotion_on_hold.fill(is_on_hold)
