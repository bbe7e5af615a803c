"""The machine's bookkeeping: claim a due job, run its handler, record its end.

Services are people's intentions; this is what workers do. Every write carries the
attempt number, so that a worker which lost its job changes nothing.
"""

from training.execution.claims import claim_next, claimable
from training.execution.lost_jobs import beat, reap_lost_jobs
from training.execution.worker import run_claimed, work

__all__ = [
    "beat",
    "claim_next",
    "claimable",
    "reap_lost_jobs",
    "run_claimed",
    "work",
]
