"""How long a training will take, from how long the last ones took.

Reads only; writes nothing.
"""

from dataclasses import dataclass
from math import ceil, floor
from statistics import median

from training.choices import DatasetStatus, JobStatus, TrainingScope
from training.models import DatasetVersion, JobAttempt

LAST_RUNS = 10
START_UP = 0.25  # minutes: a trainer's start and libraries, files in, model out
FEW_RUNS = 3  # with fewer, what they took says nothing yet of how it varies
FEW_RUNS_MARGIN = 0.25
WILD = 2.0  # times the median
REPORTED = ("job__run__report", "job__run__metrics", "job__run__artifacts")
UNKNOWN = (1, 10)  # minutes, before anything comparable was trained


@dataclass(frozen=True)
class TrainingEstimate:
    """From so many to so many whole minutes, by so many trainings; 0: by none."""

    low_minutes: int
    high_minutes: int
    based_on: int


@dataclass(frozen=True)
class PastTraining:
    """What one completed training took, and how much it learnt from."""

    minutes: float
    samples: int


def samples_to_learn(version: DatasetVersion, scope: str = TrainingScope.ALL) -> int:
    """How many samples a training of the version reads; as it stands, while open."""
    if version.status == DatasetStatus.SEALED:
        new = version.counts.get("new")
        if scope == TrainingScope.ALL or new is None:
            return version.sample_count or 0
        return int(new)
    entered = version.added().count()
    return entered if scope == TrainingScope.DELTA else entered + _inherited(version)


def _inherited(version: DatasetVersion) -> int:
    """How many it has from earlier versions, without counting what was counted."""
    parent = DatasetVersion.objects.sealed().filter(number=version.number - 1).first()
    if parent is None or parent.sample_count is None:
        return version.samples().exclude(in_from=version.number).count()
    return parent.sample_count - version.withdrawn().count()


def estimate(
    trainer: str, samples: int, *, scope: str = TrainingScope.ALL
) -> TrainingEstimate:
    """What a training of ``samples`` will take, by the last ones of the same kind.

    The time of the attempt that succeeded counts: not the waiting, not attempts that
    failed. ``UNKNOWN`` where nothing of this trainer and scope has completed yet.
    """
    return estimate_from(past_trainings(trainer, scope), samples)


def estimate_from(past: list[PastTraining], samples: int) -> TrainingEstimate:
    """The range of the past times, each scaled to the number of samples.

    A trainer has a part that costs the same whatever it learns from, and one that
    grows with the samples: ``minutes = start-up + rate x samples``. With one number
    of samples in the past, as in most installations from one week to the next, the
    two cannot be told apart, so the start-up is a constant, small beside trainings
    that cost anything; the rest is scaled in proportion. That overestimates rather
    than underestimates a much larger one (a reservation is given back), and never
    comes below the start-up.

    Of three or more, the one farthest from the median is left out where it is more
    than ``WILD`` times as long or as short: a busy machine, or a cache that was cold,
    must not rule the next ten. Below three, a margin stands for what has not been
    seen to vary. Rounded outwards to whole
    minutes, so that what is shown is exactly what is reserved and compared.
    """
    if not past:
        return TrainingEstimate(*UNKNOWN, based_on=0)
    scaled = [_scaled(each, samples) for each in past]
    margin = FEW_RUNS_MARGIN if len(scaled) < FEW_RUNS else 0.0
    usual = _without_outlier(scaled)
    low, high = min(usual) * (1 - margin), max(usual) * (1 + margin)
    return TrainingEstimate(floor(low), max(1, ceil(high)), based_on=len(past))


def _scaled(past: PastTraining, samples: int) -> float:
    fixed = min(START_UP, past.minutes)
    return fixed + (past.minutes - fixed) * samples / max(past.samples, 1)


def _without_outlier(minutes: list[float]) -> list[float]:
    if len(minutes) < FEW_RUNS:
        return minutes
    middle = median(minutes)
    ranked = sorted(minutes, key=lambda each: _ratio(each, middle))
    return ranked[:-1] if _ratio(ranked[-1], middle) > WILD else ranked


def _ratio(one: float, other: float) -> float:
    """How many times the larger is of the smaller; 1 and above."""
    small, large = sorted((one, other))
    return large / small if small > 0 else float("inf") if large > 0 else 1.0


def past_trainings(trainer: str, scope: str) -> list[PastTraining]:
    """The last completed trainings of the kind, the newest run first."""
    attempts = JobAttempt.objects.filter(
        outcome=JobStatus.COMPLETED,
        ended_at__isnull=False,
        job__run__trainer=trainer,
        job__run__scope=scope,
    ).select_related("job__run__dataset_version")
    light = attempts.defer("trace", "job__input", "job__output", *REPORTED)
    return [
        PastTraining(
            minutes_of(each),
            samples_to_learn(each.job.run.dataset_version, scope),
        )
        for each in light.order_by("-job__run__pk", "-pk")[:LAST_RUNS]
    ]


def minutes_of(attempt: JobAttempt) -> float:
    """What an ended attempt took; never negative, whatever a clock did meanwhile."""
    if attempt.ended_at is None:
        return 0.0
    return max((attempt.ended_at - attempt.started_at).total_seconds() / 60, 0.0)
