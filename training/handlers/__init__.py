"""The body of each kind of job, and the loops of training; registered at start-up."""

from django.conf import settings

from training.choices import JobKind
from training.execution.attempt_logs import tidy_attempts
from training.execution.job_handlers import register, register_loop
from training.handlers.seal import seal
from training.handlers.train import train
from training.services.access.access_days import tend_access_log
from training.services.audit.anchors import anchor_daily
from training.services.audit.chain import chain_events, chain_stragglers
from training.services.audit.record_coverage import cover_records, cover_stragglers
from training.services.audit.rule_watch import watch_rules
from training.services.budget.ledger import settle, settle_forgotten
from training.services.clocks import COMPARE_EVERY, compare_worker_clock
from training.services.datasets.versions import resume_interrupted_seals
from training.services.policy.auto_decisions import reconsider
from training.services.policy.batch_schedule import run_schedule
from training.services.policy.loosening import let_expire

CHAIN_EVERY = 1.0  # seconds
STRAGGLERS_EVERY = 600.0
COVER_EVERY = 10.0
RULES_EVERY = 60.0
ANCHOR_EVERY = 600.0
RESUME_EVERY = 60.0
RECONSIDER_EVERY = 15.0
SCHEDULE_EVERY = 15.0
TIDY_EVERY = 600.0
SETTLE_EVERY = 60.0
ACCESS_LOG_EVERY = 600.0
EXPIRE_EVERY = 600.0


def train_slots() -> int:
    """None while training is switched off: its jobs wait."""
    return settings.TRAIN_SLOTS if settings.TRAINING_JOBS_ENABLED else 0


def register_all() -> None:
    register(JobKind.TRAIN, train, slots=train_slots, after_end=settle)
    register(JobKind.SEAL, seal)
    register_loop("chain", CHAIN_EVERY, chain_events)
    register_loop("chain-stragglers", STRAGGLERS_EVERY, chain_stragglers)
    register_loop("cover", COVER_EVERY, cover_records)
    register_loop("cover-stragglers", STRAGGLERS_EVERY, cover_stragglers)
    register_loop("anchor", ANCHOR_EVERY, anchor_daily)
    register_loop("rules", RULES_EVERY, watch_rules)
    register_loop("auto", RECONSIDER_EVERY, reconsider)
    register_loop("schedule", SCHEDULE_EVERY, run_schedule)
    register_loop("tidy-attempts", TIDY_EVERY, tidy_attempts)
    register_loop("resume-seals", RESUME_EVERY, resume_interrupted_seals)
    register_loop("clock", COMPARE_EVERY, compare_worker_clock)
    register_loop("settle", SETTLE_EVERY, settle_forgotten)
    register_loop("access-log", ACCESS_LOG_EVERY, tend_access_log)
    register_loop("loosenings", EXPIRE_EVERY, let_expire)
