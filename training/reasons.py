"""Why a job ended, in words: the catalogue that pages, API, admin and audit share."""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.choices import JobStatus


class Action(StrEnum):
    """The one safe button a reason offers."""

    RETRY = "retry"
    CASES = "cases"
    SETTINGS = "settings"
    LOG = "log"
    NONE = "none"


@dataclass(frozen=True)
class Reason:
    """What happened, who can fix it, and what to do next.

    ``given_up`` is what to do next once it is no longer tried again by itself.
    """

    code: str
    sentence: str | Promise
    who: str | Promise
    next_step: str | Promise
    retryable: bool
    action: Action
    given_up: str | Promise = ""


_OPERATOR = _("an operator")
_ADMIN = _("an administrator")
_REVIEWERS = _("the reviewers")
_SUBMITTER = _("whoever submitted it")
_NOBODY = _("nobody needs to")

_ALL = (
    Reason(
        "training_disabled",
        _("Training is switched off, so this was recorded and not run."),
        _ADMIN,
        _("Switch training on (TRAINING_JOBS_ENABLED), then retry."),
        False,
        Action.SETTINGS,
    ),
    Reason(
        "canceled_by_person",
        _("A person canceled it."),
        _NOBODY,
        _("Retry it if it was canceled by mistake."),
        False,
        Action.RETRY,
    ),
    Reason(
        "bad_data",
        _("The trainer could not learn from these cases."),
        _REVIEWERS,
        _("Read what it says about the cases, correct or add some, and train again."),
        False,
        Action.CASES,
    ),
    Reason(
        "bad_arguments",
        _("The trainer does not understand the arguments it was given."),
        _SUBMITTER,
        _("Read what it says about them, and submit the training again with others."),
        False,
        Action.LOG,
    ),
    Reason(
        "trainer_failed",
        _("The training program stopped with an error."),
        _OPERATOR,
        _("Read the last lines of the log; retry once the cause is mended."),
        False,
        Action.LOG,
    ),
    Reason(
        "trainer_not_found",
        _("The training program could not be started."),
        _ADMIN,
        _("Check LOCAL_TRAINING_COMMAND on the setup page, then retry."),
        False,
        Action.SETTINGS,
    ),
    Reason(
        "out_of_memory",
        _("The training program ran out of memory."),
        _ADMIN,
        _("It is tried again by itself; if it keeps happening, give it more memory."),
        True,
        Action.RETRY,
        _("Give it more memory, then retry."),
    ),
    Reason(
        "timeout",
        _("It took longer than it may."),
        _OPERATOR,
        _("It is tried again by itself; if it keeps happening, allow it more time."),
        True,
        Action.RETRY,
        _("Allow it more time, then retry."),
    ),
    Reason(
        "trainer_killed",
        _("The training program was ended from outside; not for lack of memory."),
        _OPERATOR,
        _("It is tried again by itself; find out who ended it if it keeps happening."),
        True,
        Action.RETRY,
        _("Find out who ended it, then retry."),
    ),
    Reason(
        "no_model",
        _("The training program ended well but left no model."),
        _ADMIN,
        _("The program must leave model/model.json in its output directory."),
        False,
        Action.LOG,
    ),
    Reason(
        "file_missing",
        _("A file that the job needs is gone."),
        _ADMIN,
        _("Restore the artifact store from its backup, then retry."),
        False,
        Action.RETRY,
    ),
    Reason(
        "worker_lost",
        _("The worker stopped in the middle of it."),
        _NOBODY,
        _("It is tried again by itself on the next worker."),
        True,
        Action.RETRY,
        _("Find out why its workers stopped (memory, restarts), then retry."),
    ),
    Reason(
        "worker_stopped",
        _("The worker was shut down in the middle of it."),
        _NOBODY,
        _("It is tried again by itself when a worker is back."),
        True,
        Action.RETRY,
        _("Retry it when the workers stay up."),
    ),
    Reason(
        "temporary_failure",
        _("Something it needs did not answer (a disk, the database, the network)."),
        _OPERATOR,
        _("It is tried again by itself; look at the disk and network if it goes on."),
        True,
        Action.RETRY,
        _("See that the disk, the database and the network answer, then retry."),
    ),
    Reason(
        "internal_error",
        _("Something went wrong inside Preciso."),
        _ADMIN,
        _("Please report it with the technical details below."),
        False,
        Action.RETRY,
    ),
)
REASONS = {reason.code: reason for reason in _ALL}
_UNKNOWN = Reason(
    "", _("No reason was recorded."), _OPERATOR, _("Retry it."), False, Action.RETRY
)


def reason_for(code: str, status: str = "") -> Reason:
    """The reason with this code; one that says so where it is unknown.

    Told of a job that was given up, it promises no further try: somebody must act.
    """
    reason = REASONS.get(code, _UNKNOWN)
    if status != JobStatus.DEAD_LETTER or not reason.given_up:
        return reason
    who = _OPERATOR if reason.who is _NOBODY else reason.who
    return replace(reason, next_step=reason.given_up, who=who)
