"""What training asks of us: its ports, filled at start-up."""

from mlops.services.predictions import recommend
from mlops.services.promotion import run_completed
from mlops.services.registry import evaluate
from mlops.services.serving import is_on_hold
from training import ports


def fill_ports() -> None:
    ports.recommend.fill(recommend)
    ports.evaluate.fill(evaluate)
    ports.run_completed.fill(run_completed)
    ports.promotion_on_hold.fill(is_on_hold)
