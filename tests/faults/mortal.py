"""Processes that die at a chosen commit, again and again, until none is left to die at.

``walk(name)`` does a deed in a forked child that is killed right before or right after
its n-th commit, then lets time pass and the living go on, and tells what is left.
"""

import os
import signal
import traceback
import uuid
from functools import partial
from itertools import count

from django.contrib.auth.models import User
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from huey.contrib.djhuey import HUEY

from training import execution
from training.execution import claim_next, endings, reap_lost_jobs
from training.execution.job_handlers import JobFailed
from training.models import DatasetVersion, PipelineJob
from training.services.runs.job_actions import cancel_job, retry_job
from training.services.runs.submissions import RunRequest, submit_run

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
AT_MOST = 60  # commits; more would be a walk without an end


class Fate:
    """Dies at the n-th commit of this process: a transaction, or a lone write."""

    def __init__(self, number: int, *, before: bool) -> None:
        self._number = number
        self._before = before
        self._count = 0

    def seal(self) -> None:
        commit = BaseDatabaseWrapper._commit
        BaseDatabaseWrapper._commit = lambda it: self._meet(lambda: commit(it))
        connection.execute_wrappers.append(self._around)

    def _around(self, execute, sql, params, many, context):
        alone = not connection.in_atomic_block and sql.lstrip().startswith(WRITES)
        deed = partial(execute, sql, params, many, context)
        return self._meet(deed) if alone else deed()

    def _meet(self, deed):
        self._count += 1
        mine = self._count == self._number
        if mine and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = deed()
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def survives(deed, fate: Fate | None = None) -> bool:
    """Whether a child of ours lived through the deed."""
    connections.close_all()
    HUEY.storage.close()
    child = os.fork()
    if not child:
        try:
            if fate:
                fate.seal()
            deed()
        except BaseException:  # noqa: BLE001  (whatever it is, the parent hears of it)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or status == 0, "the child failed by itself"
    return not os.WIFSIGNALED(status)


def submitted(key: str) -> PipelineJob:
    version = DatasetVersion.objects.sealed().get()
    request = RunRequest(version, trainer="command")
    return submit_run(request, by=User.objects.get(), idempotency_key=key).job


def lost() -> PipelineJob:
    """A job whose worker died just after it had claimed it."""
    job = submitted(uuid.uuid4().hex)
    survives(claim_next)
    return job


def failed() -> PipelineJob:
    submitted(uuid.uuid4().hex)
    job = claim_next()
    endings.fail(job, JobFailed("trainer_failed"))
    return job


def let_time_pass() -> None:
    """Leases lapse, pauses end, and a living worker does what is due."""
    for _ in range(10):
        PipelineJob.objects.processing().update(lease_expires_at=PAST)
        reap_lost_jobs()
        PipelineJob.objects.active().update(run_after=PAST)
        execution.work()
        if not PipelineJob.objects.active().exists():
            return
    raise AssertionError("a job does not end")


PAST = "2020-01-01T00:00:00Z"


class Work:
    """A worker, from the claim to the published result."""

    def begin(self) -> None:
        self.job = submitted(uuid.uuid4().hex)

    def deed(self) -> None:
        execution.work()

    def go_on(self) -> None:
        """Nobody has to do anything: the next worker comes."""


class Submission(Work):
    """A web process; the client sends the same request again."""

    def begin(self) -> None:
        self.key = uuid.uuid4().hex

    def deed(self) -> None:
        self.job = submitted(self.key)

    go_on = deed


class Reaping(Work):
    """A worker that gives back what another one left."""

    def begin(self) -> None:
        self.job = lost()
        PipelineJob.objects.processing().update(lease_expires_at=PAST)

    def deed(self) -> None:
        reap_lost_jobs()


class Retry(Work):
    """A person's Retry; who sees no effect presses again."""

    def begin(self) -> None:
        self.job = failed()

    def deed(self) -> None:
        retry_job(PipelineJob.objects.get(pk=self.job.pk), by=User.objects.get())

    def go_on(self) -> None:
        if PipelineJob.objects.get(pk=self.job.pk).can_retry:
            self.deed()


class Cancel(Work):
    """A person's Cancel of a waiting job."""

    def deed(self) -> None:
        cancel_job(PipelineJob.objects.get(pk=self.job.pk), by=User.objects.get())

    def go_on(self) -> None:
        if PipelineJob.objects.get(pk=self.job.pk).can_cancel:
            self.deed()


DEEDS = {deed.__name__: deed for deed in (Work, Submission, Reaping, Retry, Cancel)}


def walk(name: str) -> list[int]:
    """The ids of the jobs, one for each way of dying; see the module's docstring."""
    jobs = []
    for before in (True, False):
        for number in count(1):
            assert number < AT_MOST
            deed = DEEDS[name]()
            deed.begin()
            lived = survives(deed.deed, Fate(number, before=before))
            deed.go_on()
            let_time_pass()
            if lived:
                break
            jobs.append(deed.job.pk)
    return jobs
