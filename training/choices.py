"""The vocabulary of training: statuses, and the moves between them, as data."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class NoAdviceReason(models.TextChoices):
    """Why a case came in without a recommendation of ours; codes of the API."""

    STOPPED = "serving_stopped", _("Serving was stopped: people decided.")
    NOTHING = "no_serving_model", _("No model served yet.")
    UNAVAILABLE = "model_unavailable", _("The serving model could not be loaded.")
    FAILED = "failed", _("The serving model failed on it.")


class CaseStatus(models.TextChoices):
    AWAITING_REVIEW = "awaiting_review", _("Awaiting review")
    NEEDS_REVIEW = "needs_review", _("Needs a second reviewer")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")


CASE_UNDECIDED = (CaseStatus.AWAITING_REVIEW, CaseStatus.NEEDS_REVIEW)
CASE_WAITING = (*CASE_UNDECIDED, CaseStatus.CHANGES_REQUESTED)
CASE_CLOSED = (CaseStatus.REJECTED, CaseStatus.CHANGES_REQUESTED)  # without a decision
CASE_DECIDED = (CaseStatus.APPROVED, *CASE_CLOSED)  # until it is taken back
CASE_MOVES = {  # new status: the statuses it may follow
    CaseStatus.AWAITING_REVIEW: (
        CaseStatus.CHANGES_REQUESTED,  # corrected, back in the inbox
        CaseStatus.NEEDS_REVIEW,  # corrected: the first opinion was on other facts
        CaseStatus.APPROVED,  # its approval was withdrawn
        CaseStatus.REJECTED,  # taken back within the undo window
    ),
    CaseStatus.NEEDS_REVIEW: (
        CaseStatus.AWAITING_REVIEW,
        CaseStatus.NEEDS_REVIEW,  # only a program was unsure before
        CaseStatus.CHANGES_REQUESTED,
        CaseStatus.REJECTED,  # taken back: the first opinion stands again
    ),
    CaseStatus.APPROVED: CASE_WAITING,
    CaseStatus.REJECTED: CASE_WAITING,
    CaseStatus.CHANGES_REQUESTED: (
        CaseStatus.AWAITING_REVIEW,
        CaseStatus.NEEDS_REVIEW,
        CaseStatus.REJECTED,  # taken back: it waits for its correction again
    ),
}


class ReviewAction(models.TextChoices):
    APPROVE = "approve", _("Approved")
    REJECT = "reject", _("Rejected")
    REQUEST_CHANGES = "request_changes", _("Sent back")
    WITHDRAW = "withdraw", _("Withdrew the approval")
    REOPEN = "reopen", _("Took it back")


class ReviewSource(models.TextChoices):
    PAGE = "page", _("Approvals page")
    BULK = "bulk", _("Bulk approval")
    API = "api", _("API")
    REPLAY = "replay", _("Imported decision")
    ADMIN = "admin", _("Admin")


class DecisionBasis(models.TextChoices):
    """What the person who decided a case knew. A withdrawal leaves it as it was."""

    NOT_YET = "", _("Not decided yet")
    SEEN = "seen", _("By a person who was shown the recommendation, or had none")
    BLIND = "blind", _("By a person who was not shown the recommendation")
    IMPORTED = "imported", _("Imported")


class GateStatus(models.TextChoices):
    CANDIDATE = "candidate", _("Candidate for training")
    NEEDS_REVIEW = "needs_review", _("Needs a second reviewer")
    REJECTED = "rejected", _("Not fit for training")


class DatasetStatus(models.TextChoices):
    OPEN = "open", _("Open")
    SEALING = "sealing", _("Being sealed")
    SEALED = "sealed", _("Sealed")


class TrainingScope(models.TextChoices):
    """Which samples of a dataset version a training learns from."""

    ALL = "all", _("Everything it contains")
    DELTA = "delta", _("Only what is new in it")


class Trigger(models.TextChoices):
    """What made the system decide by itself whether to train."""

    APPROVAL = "approval", _("An approval")
    UNDO_WINDOW = "undo_window", _("The undo window of an approval has passed")
    WAITING = "waiting", _("What it waited for is over")
    SCHEDULE = "schedule", _("The schedule")


class JobKind(models.TextChoices):
    TRAIN = "train", _("Training")
    SEAL = "seal", _("Sealing a dataset version")


class JobRole(models.TextChoices):
    """In what role somebody moved a job, or warned of something about it."""

    WORKER = "worker", _("The worker that has the job")
    REAPER = "reaper", _("A worker that noticed a lost one")
    SUBMISSION = "submission", _("Its submission")
    PERSON = "person", _("A person")


class JobWarning(models.TextChoices):
    """What a job's history warns of. The API has the value as words (``note``)."""

    LATE_RESULT = "late_result", _("A result came after the job was lost")
    LATE_HEARTBEAT = "late_heartbeat", _("An attempt worked on after the job was lost")
    LATE_END = "late_end", _("An attempt ended after the job was lost")
    METRICS_LEFT_OUT = "metrics_left_out", _("More was measured than is kept")

    @property
    def note(self) -> str:
        return self.value.replace("_", " ")


class JobFlow(models.TextChoices):
    """Who asked for the job; also how urgent it is (see JOB_HANDICAP)."""

    INTERACTIVE = "interactive", _("By hand")
    AUTO = "auto", _("Auto")
    BATCH = "batch", _("Batch")
    MAINTENANCE = "maintenance", _("Maintenance")


JOB_HANDICAP = {
    # A job's rank is when it was made plus this, so urgent flows go first and yet
    # nothing waits for ever: after that long even maintenance is next.
    JobFlow.INTERACTIVE: timedelta(),
    JobFlow.AUTO: timedelta(minutes=10),
    JobFlow.BATCH: timedelta(minutes=30),
    JobFlow.MAINTENANCE: timedelta(hours=2),
}


class JobStatus(models.TextChoices):
    PENDING = "pending", _("Waiting")
    PROCESSING = "processing", _("Running")
    RETRYING = "retrying", _("Waiting to try again")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    DEAD_LETTER = "dead_letter", _("Given up")
    CANCELED = "canceled", _("Canceled")


JOB_DUE = (JobStatus.PENDING, JobStatus.RETRYING)
JOB_ACTIVE = (JobStatus.PENDING, JobStatus.PROCESSING, JobStatus.RETRYING)
JOB_ENDED = (
    JobStatus.COMPLETED,
    JobStatus.FAILED,
    JobStatus.DEAD_LETTER,
    JobStatus.CANCELED,
)
JOB_RETRYABLE = (JobStatus.FAILED, JobStatus.DEAD_LETTER, JobStatus.CANCELED)
JOB_MOVES = {  # new status: the statuses it may follow
    JobStatus.PENDING: JOB_RETRYABLE,  # a person's Retry
    JobStatus.PROCESSING: JOB_DUE,
    JobStatus.RETRYING: (JobStatus.PROCESSING,),
    JobStatus.COMPLETED: (JobStatus.PROCESSING,),
    JobStatus.FAILED: (JobStatus.PROCESSING,),
    JobStatus.DEAD_LETTER: (JobStatus.PROCESSING,),
    JobStatus.CANCELED: JOB_ACTIVE,
}


class RunStatus(models.TextChoices):
    """What people call the state of a training run; derived from its job."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", pgettext_lazy("is under way", "Training")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    SKIPPED = "skipped", _("Skipped")


class AccessKind(models.TextChoices):
    """Who came in, who was kept out, who looked."""

    SIGN_IN = "sign_in", _("Signed in")
    SIGN_OUT = "sign_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Could not sign in")
    LOCKED_OUT = "locked_out", _("Locked out")
    STRANGER = "stranger", _("Turned away without a sign-in")
    REFUSED = "refused", _("Refused for want of a right")
    DOWNLOAD = "download", _("Took a dataset along")
    EVIDENCE = "evidence", _("Took an evidence pack along")
    EXPORT = "export", _("Took a log along")
    PROTECTED = "protected", _("Saw protected attributes")


ACCESS_COUNTED = (  # anybody can bring these about: they have a bounded number of rows
    AccessKind.SIGN_IN_FAILED,
    AccessKind.LOCKED_OUT,
    AccessKind.STRANGER,
    AccessKind.REFUSED,
)
ACCESS_RETENTION = {  # the setting that says for how many days
    AccessKind.SIGN_IN: "ACCESS_LOG_SIGN_IN_DAYS",
    AccessKind.SIGN_OUT: "ACCESS_LOG_SIGN_IN_DAYS",
    AccessKind.SIGN_IN_FAILED: "ACCESS_LOG_REFUSAL_DAYS",
    AccessKind.LOCKED_OUT: "ACCESS_LOG_REFUSAL_DAYS",
    AccessKind.STRANGER: "ACCESS_LOG_REFUSAL_DAYS",
    AccessKind.REFUSED: "ACCESS_LOG_REFUSAL_DAYS",
    AccessKind.DOWNLOAD: "ACCESS_LOG_READ_DAYS",
    AccessKind.EVIDENCE: "ACCESS_LOG_READ_DAYS",
    AccessKind.EXPORT: "ACCESS_LOG_READ_DAYS",
    AccessKind.PROTECTED: "ACCESS_LOG_READ_DAYS",
}


class FourEyesRule(models.TextChoices):
    """The rules of the policy that keep a step from one person alone."""

    BARS_OWN_CASES = (
        "bars_own_cases",
        _("Who brought in or corrected a case does not approve it"),
    )
    CONFLICT_SHARE = (
        "conflict_share",
        _("Who approved more than this share of what is new does not select alone"),
    )
    TWO_PEOPLE_SELECT = "two_people_select", _("Two people select a version")


class LooseningStatus(models.TextChoices):
    """What became of the wish to loosen a four-eyes rule."""

    ASKED = "asked", _("Waits for a second person")
    CONFIRMED = "confirmed", _("Confirmed by a second person")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not confirmed in time")
    ON_SERVER = "on_server", _("Loosened on the server, by one person")
