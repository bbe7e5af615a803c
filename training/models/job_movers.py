"""Who moved a job to another status, where it was no person: a worker, a reaper."""

from dataclasses import dataclass

from training.choices import JobRole


@dataclass(frozen=True)
class Mover:
    """A role, and the name of the worker that had it, where it is a worker's."""

    role: JobRole
    worker: str = ""

    @property
    def by(self) -> str:
        """One text for both, as the API tells it."""
        if self.role == JobRole.REAPER:
            return f"reaper on {self.worker}"
        return self.worker or str(self.role)


PERSON = Mover(JobRole.PERSON)
SUBMISSION = Mover(JobRole.SUBMISSION)


def mover_of(by: str | Mover) -> Mover:
    """``by`` as a Mover; a mere name is that of a worker."""
    return by if isinstance(by, Mover) else Mover(JobRole.WORKER, by)
