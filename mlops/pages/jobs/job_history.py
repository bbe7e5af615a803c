"""The history of a job in words: its attempts as cards and its events as lines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from preciso import limits
from training.choices import JOB_DUE, JobRole, JobStatus, JobWarning
from training.models import JobAttempt, JobEvent, JobMetric, PipelineJob
from training.models.accounts import name_of

WORKER_LOST = "worker_lost"
LATE = (JobWarning.LATE_RESULT, JobWarning.LATE_HEARTBEAT, JobWarning.LATE_END)
WARNINGS: dict[str, str | Promise] = {
    JobWarning.METRICS_LEFT_OUT: gettext_lazy(
        "Attempt %(number)d measured more than is kept: at most %(names)d names "
        "and %(values)s values. The log says how many are left out."
    ),
    JobWarning.LATE_RESULT: gettext_lazy(
        "Attempt %(number)d came with a result after it had lost the job. "
        "The result was not used."
    ),
    JobWarning.LATE_HEARTBEAT: gettext_lazy(
        "Attempt %(number)d was still at work after it had lost the job. "
        "It was stopped and changed nothing."
    ),
    JobWarning.LATE_END: gettext_lazy(
        "Attempt %(number)d ended after it had lost the job. It changed nothing."
    ),
}
UNSUCCESSFUL = (JobStatus.RETRYING, JobStatus.DEAD_LETTER)
TONES = {"": "busy", JobStatus.COMPLETED: "good", JobStatus.CANCELED: ""}


@dataclass(frozen=True)
class AttemptCard:
    """One attempt: how long it waited and ran, on which worker, what it measured.

    ``is_rescue``: the one before lost its worker. ``figures``: by metric, the newest.
    """

    attempt: JobAttempt
    waited_since: datetime | None
    is_rescue: bool
    figures: dict[str, float]

    @property
    def outcome(self) -> str | Promise:
        """How the attempt ended. The job may go on: of one that is retried or given
        up, the attempt was unsuccessful."""
        status = self.attempt.outcome
        if not status:
            return JobStatus.PROCESSING.label
        return _("Unsuccessful") if status in UNSUCCESSFUL else JobStatus(status).label

    @property
    def tone(self) -> str:
        return TONES.get(self.attempt.outcome, "bad")


@dataclass(frozen=True)
class HistoryLine:
    """One change of a job's state, or one warning: what happened and who did it."""

    event: JobEvent
    what: str | Promise
    who: str
    is_warning: bool


def cards(
    job: PipelineJob, attempts: Sequence[JobAttempt], events: Sequence[JobEvent]
) -> list[AttemptCard]:
    """The attempts, newest first."""
    newest = job.metrics.values("attempt", "name").annotate(newest=Max("pk"))
    figures: dict[int, dict[str, float]] = defaultdict(dict)
    for row in JobMetric.objects.filter(pk__in=newest.values("newest")).order_by(
        "name"
    ):
        figures[row.attempt][row.name] = row.value
    attempt_cards = []
    before: JobAttempt | None = None
    for attempt in attempts:
        due = [e.at for e in events if e.became in JOB_DUE]
        earlier = [moment for moment in due if moment <= attempt.started_at]
        first = job.created_at if before is None else before.ended_at
        attempt_cards.append(
            AttemptCard(
                attempt=attempt,
                waited_since=max(earlier, default=first),
                is_rescue=before is not None and before.reason == WORKER_LOST,
                figures=figures[attempt.number],
            )
        )
        before = attempt
    return attempt_cards[::-1]


def lines(
    job: PipelineJob, attempts: Sequence[JobAttempt], events: Sequence[JobEvent]
) -> list[HistoryLine]:
    """The changes of state and the warnings, newest first."""
    workers = {attempt.number: attempt.worker for attempt in attempts}
    return [
        HistoryLine(
            event=event,
            what=_what(event),
            who=_who(event, job, workers),
            is_warning=bool(event.warning or event.note),
        )
        for event in reversed(events)
    ]


def _what(event: JobEvent) -> str | Promise:
    if event.became:
        return JobStatus(event.became).label
    words = WARNINGS.get(event.warning)
    if words is None:
        return event.note
    places = {
        "number": event.attempt,
        "names": limits.METRICS,
        "values": number_format(limits.METRIC_VALUES, force_grouping=True),
    }
    return str(words) % places


def _who(event: JobEvent, job: PipelineJob, workers: dict[int, str]) -> str:
    if event.actor is not None:
        return name_of(event.actor)
    if event.role == JobRole.REAPER:
        return _("noticed by worker %(worker)s") % {"worker": event.worker}
    name = event.worker or event.by
    if event.role in (JobRole.PERSON, JobRole.SUBMISSION) or not name:
        return _("the system")
    if event.warning in LATE:  # it is about the attempt that lost the job
        name = workers.get(event.attempt, name)
    canceler = job.cancel_requested_by
    if event.became == JobStatus.CANCELED and canceler is not None:
        who = name_of(canceler)
        return _("worker %(worker)s, asked by %(who)s") % {"worker": name, "who": who}
    return _("worker %(worker)s") % {"worker": name}
