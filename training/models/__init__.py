"""From case to model version, as tables."""

from training.models import protected as _protected  # noqa: F401
from training.models.access import AccessDay, AccessEntry
from training.models.accounts import ServiceAccount
from training.models.attempts import JobAttempt, JobLogLine, JobMetric, WorkerBeat
from training.models.audit import AuditEvent, AuditLink
from training.models.cases import Case
from training.models.claims import CaseClaim
from training.models.clocks import ClockReading
from training.models.datasets import DatasetVersion, Sample
from training.models.decisions import AutoDecision, BudgetEntry
from training.models.guard import FailureCount
from training.models.job_events import JobEvent
from training.models.jobs import PipelineJob
from training.models.loosening import Loosening
from training.models.policy import TrainingPolicy
from training.models.reviews import CaseOutcome, Review
from training.models.revisions import CaseRevision
from training.models.runs import IdempotencyKey, TrainingRun
from training.models.sample_places import SamplePlace
from training.models.sessions import OpenSession
from training.models.tokens import ApiToken

__all__ = [
    "AccessDay",
    "AccessEntry",
    "ApiToken",
    "AuditEvent",
    "AuditLink",
    "AutoDecision",
    "BudgetEntry",
    "Case",
    "CaseClaim",
    "CaseOutcome",
    "CaseRevision",
    "ClockReading",
    "DatasetVersion",
    "FailureCount",
    "IdempotencyKey",
    "JobAttempt",
    "JobEvent",
    "JobLogLine",
    "JobMetric",
    "Loosening",
    "OpenSession",
    "PipelineJob",
    "Review",
    "Sample",
    "SamplePlace",
    "ServiceAccount",
    "TrainingPolicy",
    "TrainingRun",
    "WorkerBeat",
]
