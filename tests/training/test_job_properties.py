"""The machine under any sequence of claims, ends, deaths, cancels and retries.

Hypothesis plays workers, the reaper and people in every order it can think of, with
workers that act on what they once read, and compares each step with a model in plain
Python.
"""

from collections import Counter
from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.apis import a_job, person
from training.choices import JOB_ENDED, JOB_MOVES, JOB_RETRYABLE, JobFlow, JobStatus
from training.errors import NotAllowedNow, StaleState
from training.execution import claim_next, ending, reap_lost_jobs
from training.models import AuditEvent, JobEvent, PipelineJob
from training.reasons import REASONS
from training.registry import Done, JobFailed
from training.services.jobs import cancel_job, retry_job

PAST = timezone.now().replace(year=2020)
SLOTS = 2


class Model:
    """What a job must look like, in plain Python."""

    def __init__(self, max_attempts):
        self.status = "pending"
        self.attempt = 0
        self.max_attempts = max_attempts
        self.asked_to_cancel = False
        self.completions = 0

    def holds(self, attempt):
        """Whether a worker that claimed this attempt still has the job."""
        return self.status == "processing" and self.attempt == attempt

    def end(self, reason):
        """The attempt ends badly, for this reason."""
        if self.asked_to_cancel:
            self.status = "canceled"
        elif not REASONS[reason].retryable:
            self.status = "failed"
        elif self.attempt >= self.max_attempts:
            self.status = "dead_letter"
        else:
            self.status = "retrying"


class Machine(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    held = Bundle("held")  # (instance, attempt) as a worker read it at its claim

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.alice = person("Operator")
        self.models = {}
        self.published = Counter()

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def row(self, pk):
        return PipelineJob.objects.get(pk=pk)

    @precondition(
        lambda self: len(self.models) < 2
    )  # few jobs, many things done to them
    @rule(target=jobs, flow=st.sampled_from(JobFlow.values), most=st.integers(1, 3))
    def submit(self, flow, most):
        job = a_job(flow=flow, max_attempts=most)
        self.models[job.pk] = Model(most)
        return job.pk

    @rule(target=held)
    def claim(self):
        PipelineJob.objects.active().update(run_after=PAST)
        due = [m for m in self.models.values() if m.status in ("pending", "retrying")]
        running = [m for m in self.models.values() if m.status == "processing"]
        job = claim_next()
        assert (job is not None) == bool(due and len(running) < SLOTS)
        if job is None:
            return (None, 0)
        model = self.models[job.pk]
        assert model.status in ("pending", "retrying")
        model.status, model.attempt = "processing", model.attempt + 1
        assert job.attempt == model.attempt
        return (job, job.attempt)

    @rule(claimed=held)
    def heartbeat(self, claimed):
        job, attempt = claimed
        if job is not None:
            alive = self.models[job.pk].holds(attempt)
            old = PipelineJob(pk=job.pk, attempt=attempt)
            assert old.extend_lease(seconds=30) is alive

    @rule(claimed=held)
    def complete(self, claimed):
        job, attempt = claimed
        if job is None:
            return
        model = self.models[job.pk]
        mine = model.holds(attempt)
        old = self.as_read(job, attempt)

        def publish():
            self.published[job.pk] += 1
            return {}

        ending.finish_quietly(old, Done(publish=publish))
        if mine:
            model.status = "completed"
            model.completions += 1

    @rule(claimed=held, reason=st.sampled_from(sorted(REASONS)))
    def fail(self, claimed, reason):
        job, attempt = claimed
        if job is None:
            return
        model = self.models[job.pk]
        old = self.as_read(job, attempt)
        if model.holds(attempt):
            old.cancel_requested_at = self.row(job.pk).cancel_requested_at
            ending.fail(old, JobFailed(reason))
            model.end(reason)
        else:
            with pytest.raises(StaleState):
                ending.fail(old, JobFailed(reason))

    @rule(pk=jobs)
    def die(self, pk):
        """The worker is gone, its lease lapses, a reaper looks."""
        PipelineJob.objects.filter(pk=pk, status="processing").update(
            lease_expires_at=PAST
        )
        model = self.models[pk]
        was_running = model.status == "processing"
        assert (pk in reap_lost_jobs()) is was_running
        if was_running:
            model.end("worker_lost")

    @rule(target=held, pk=jobs)
    def overtake(self, pk):
        """Its worker is frozen, and another one takes over."""
        self.die(pk)
        return self.claim()

    @rule(pk=jobs)
    def cancel(self, pk):
        model = self.models[pk]
        if model.status in JOB_ENDED:
            with pytest.raises(NotAllowedNow):
                cancel_job(self.row(pk), by=self.alice)
        elif model.status == "processing":
            cancel_job(self.row(pk), by=self.alice)
            model.asked_to_cancel = True
        else:
            cancel_job(self.row(pk), by=self.alice)
            model.status = "canceled"

    @rule(pk=jobs)
    def retry(self, pk):
        model = self.models[pk]
        if model.status not in JOB_RETRYABLE:
            with pytest.raises(NotAllowedNow):
                retry_job(self.row(pk), by=self.alice)
            return
        retry_job(self.row(pk), by=self.alice)
        model.status, model.asked_to_cancel = "pending", False
        model.max_attempts = self.row(pk).max_attempts
        assert model.max_attempts > model.attempt

    @rule(pk=jobs, to=st.sampled_from(JobStatus.values))
    def force(self, pk, to):
        """A move outside the table is refused, whatever it brings along."""
        job = self.row(pk)
        if job.status in JOB_MOVES[JobStatus(to)]:
            return
        with pytest.raises(StaleState), transaction.atomic():
            job.move(JobStatus(to), by="force")

    @rule(pk=jobs, to=st.sampled_from(JobStatus.values))
    def overwrite(self, pk, to):
        """Raw SQL that forgets lease, slot or end is refused by the database."""
        model = self.models[pk]
        both_end = model.status in JOB_ENDED and to in JOB_ENDED
        both_wait = {model.status, to} <= {"pending", "retrying"}
        if to != model.status and not both_end and not both_wait:
            with suppress(IntegrityError), transaction.atomic():
                PipelineJob.objects.filter(pk=pk).update(status=to)
                raise AssertionError(f"{model.status} was overwritten by {to}")

    @invariant()
    def every_row_is_as_the_model_says(self):
        for job in PipelineJob.objects.all():
            model = self.models[job.pk]
            assert (job.status, job.attempt) == (model.status, model.attempt)
            assert self.published[job.pk] == model.completions <= 1

    @invariant()
    def every_history_is_whole(self):
        for pk, model in self.models.items():
            moves = JobEvent.objects.filter(job=pk).exclude(became="")
            stood = "pending"
            for event in moves:
                assert event.was == stood
                assert stood in JOB_MOVES[JobStatus(event.became)]
                stood = event.became
            assert stood == model.status
            numbers = self.row(pk).attempts.values_list("number", flat=True)
            assert list(numbers) == list(range(1, model.attempt + 1))

    @invariant()
    def completions_are_audited_once(self):
        told = AuditEvent.objects.filter(action="job.completed").count()
        assert told == sum(m.completions for m in self.models.values())

    def as_read(self, job, attempt):
        """The row as the worker holds it, however old that is."""
        old = self.row(job.pk)
        old.status, old.attempt = "processing", attempt
        return old


@pytest.mark.django_db
def test_the_machine_keeps_its_promises_in_any_order(settings):
    settings.TRAIN_SLOTS = SLOTS
    run_state_machine_as_test(Machine, settings=STEPS)


STEPS = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
