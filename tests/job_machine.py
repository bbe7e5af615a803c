"""Workers, the reaper and people as rules that Hypothesis plays in any order.

Workers act on what they once read. Each step is compared with a model in plain Python.
"""

from collections import Counter
from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from tests.apis import a_job, person
from training.choices import JOB_ENDED, JOB_MOVES, JOB_RETRYABLE, JobFlow, JobStatus
from training.errors import NotAllowedNow, StaleState
from training.execution import claim_next, endings, reap_lost_jobs
from training.execution.job_handlers import JobFailed, JobResult
from training.models import AuditEvent, JobEvent, PipelineJob
from training.reasons import REASONS
from training.services.runs.job_actions import cancel_job, retry_job

PAST = timezone.now().replace(year=2020)
SLOTS = 2
ENDS = st.just("") | st.sampled_from(sorted(REASONS))  # "": it completes


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
        self.forced = {}
        self.tried = Counter()  # (from, to): the moves that were made, or refused

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def row(self, pk):
        return PipelineJob.objects.get(pk=pk)

    @initialize(target=jobs, most=st.lists(st.integers(1, 3), min_size=1, max_size=2))
    def submit(self, most):
        """Few jobs, and many things done to them."""
        for attempts in most:
            job = a_job(flow=JobFlow.BATCH, max_attempts=attempts)
            self.models[job.pk] = Model(attempts)
        return multiple(*self.models)

    @rule(target=held)
    def claim(self):
        return multiple(*self.claimed())

    def claimed(self):
        """What a worker holds after its claim: one job, or none."""
        PipelineJob.objects.active().update(run_after=PAST)
        due = [m for m in self.models.values() if m.status in ("pending", "retrying")]
        running = [m for m in self.models.values() if m.status == "processing"]
        job = claim_next()
        assert (job is not None) == bool(due and len(running) < SLOTS)
        if job is None:
            return []
        model = self.models[job.pk]
        assert model.status in ("pending", "retrying")
        model.status, model.attempt = "processing", model.attempt + 1
        assert job.attempt == model.attempt
        return [(job, job.attempt)]

    @rule(target=held, end=ENDS)
    def run(self, end):
        """A whole attempt, with nothing in between; it may be heard of again."""
        found = self.claimed()
        for claimed in found:
            self.end(claimed, end)
        return multiple(*found)

    @rule(target=held, end=ENDS)
    def wake_up_late(self, end):
        """A worker is frozen past its lease, another takes over, and it goes on."""
        frozen = self.claimed()
        for job, _attempt in frozen:
            self.die(job.pk)
        second = self.claimed()
        for claimed in frozen:
            self.heartbeat(claimed)
            self.end(claimed, end)
        return multiple(*frozen, *second)

    def end(self, claimed, reason):
        if reason:
            self.fail(claimed, reason)
        else:
            self.complete(claimed)

    @rule(claimed=held)
    def heartbeat(self, claimed):
        job, attempt = claimed
        alive = self.models[job.pk].holds(attempt)
        old = PipelineJob(pk=job.pk, attempt=attempt)
        assert old.extend_lease(seconds=30) is alive

    @rule(claimed=held)
    def complete(self, claimed):
        job, attempt = claimed
        model = self.models[job.pk]
        mine = model.holds(attempt)
        old = self.as_read(job, attempt)

        def publish():
            self.published[job.pk] += 1
            return {}

        endings.complete_unless_lost(old, JobResult(publish=publish))
        if mine:
            model.status = "completed"
            model.completions += 1

    @rule(claimed=held, reason=st.sampled_from(sorted(REASONS)))
    def fail(self, claimed, reason):
        job, attempt = claimed
        model = self.models[job.pk]
        old = self.as_read(job, attempt)
        if model.holds(attempt):
            old.cancel_requested_at = self.row(job.pk).cancel_requested_at
            endings.fail(old, JobFailed(reason))
            model.end(reason)
        else:
            with pytest.raises(StaleState):
                endings.fail(old, JobFailed(reason))

    @rule(claimed=held)
    def give_in(self, claimed):
        """The worker ends what a person asked to cancel, however late."""
        job, attempt = claimed
        model = self.models[job.pk]
        if model.holds(attempt):
            endings.cancel(self.as_read(job, attempt))
            model.status = "canceled"
        else:
            with pytest.raises(StaleState):
                endings.cancel(self.as_read(job, attempt))

    @rule(claimed=held)
    def reap_the_living(self, claimed):
        """A reaper takes no job whose lease holds, nor one that was just renewed."""
        assert reap_lost_jobs() == []
        job, attempt = claimed
        with pytest.raises(StaleState):
            endings.fail(
                self.as_read(job, attempt),
                JobFailed("worker_lost"),
                only_if=Q(lease_expires_at__lt=Now()),
            )

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

    @invariant()
    def every_move_outside_the_table_is_refused(self):
        for pk, model in self.models.items():
            if self.forced.get(pk) == (model.status, model.attempt):
                continue  # it stands where it stood when this was last tried
            job = self.row(pk)
            for to in JobStatus:
                if job.status not in JOB_MOVES[to]:
                    with pytest.raises(StaleState), transaction.atomic():
                        job.move(to, by="force")
                    self.tried[job.status, to.value] += 1
            self.forced[pk] = (model.status, model.attempt)

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
                self.tried[stood, event.became] += 1
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
