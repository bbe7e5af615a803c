"""The machine's bookkeeping: claim a due job, run its handler, record its end.

Services are people's intentions; this is what workers do. Every write carries the
attempt number, so that a worker which lost its job changes nothing.
"""

from training.execution.claiming import claim_next, claimable
from training.execution.running import run_claimed, work
from training.execution.sweeping import beat, reap_lost_jobs

__all__ = [
    "beat",
    "claim_next",
    "claimable",
    "reap_lost_jobs",
    "run_claimed",
    "work",
]
