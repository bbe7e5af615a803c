"""Whether one person may select a version: who has a part in what it learnt."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from mlops.models import ModelVersion, ServingPeriod
from training.errors import Forbidden, NotAllowedNow
from training.models import Sample, TrainingPolicy
from training.models.audit import Actor
from training.models.datasets import SampleQuerySet
from training.services.people.actor_checks import require_a_person

CONFLICT = "conflict_of_interest"
SECOND_PERSON = "second_person_needed"


@dataclass(frozen=True)
class Part:
    """What makes a person partial: ``approved`` of ``new`` samples, or the start."""

    started: bool
    approved: int
    new: int


@dataclass(frozen=True)
class Eyes:
    """What the policy asks of letting this version serve now.

    ``partial``: who does not select it alone, by the number of the person.
    """

    two: bool = False
    ruled: bool = False
    partial: dict[int, Part] = field(default_factory=dict)

    def why_not_alone(self, person: int) -> str:
        """The code of why this person needs another one; empty where they do not."""
        if person in self.partial:
            return CONFLICT
        return SECOND_PERSON if self.two else ""

    def why_not_confirm(self, person: int, *, asked_by: int) -> str:
        """The code of why this person does not confirm what the other one asks for."""
        if person == asked_by:
            return SECOND_PERSON
        both = person in self.partial and asked_by in self.partial
        return CONFLICT if both else ""


def eyes_on(
    version: ModelVersion, current: ServingPeriod | None, policy: TrainingPolicy
) -> Eyes:
    """The rules as they stand, for a switch from ``current`` to ``version``."""
    share = policy.conflict_share
    partial = {} if share is None else _partial(version, current, share)
    return Eyes(policy.two_people_select, share is not None, partial)


def _partial(
    version: ModelVersion, current: ServingPeriod | None, share: float
) -> dict[int, Part]:
    tally = new_samples(version, current).tally("reviewer")
    counts = {int(person): n for person, n in tally.items()}
    new = sum(counts.values())
    starter = version.run.job.created_by_id
    return {
        person: Part(person == starter, counts.get(person, 0), new)
        for person in {*counts, starter}
        if person is not None
        and (person == starter or counts.get(person, 0) > share * new)
    }


def new_samples(version: ModelVersion, current: ServingPeriod | None) -> SampleQuerySet:
    """What its dataset contains and that of the version which serves does not."""
    number = version.run.dataset_version.number
    if current is None or current.model_version is None:
        return Sample.objects.contained_in(number)
    served = current.model_version.run.dataset_version.number
    return Sample.objects.in_one_only(number, served)


def require_one_is_enough(eyes: Eyes, version: ModelVersion, by: Actor) -> None:
    """Raises NotAllowedNow where the rules want another person beside this one, and
    Forbidden for a program: nobody knows whose part is behind it."""
    code = eyes.why_not_alone(by.pk if by else 0)
    if code == SECOND_PERSON:
        raise NotAllowedNow(
            _(
                "By your company's rules two people select a version: ask for "
                "%(version)s, and another person confirms it."
            )
            % {"version": version},
            code=SECOND_PERSON,
        )
    if code:
        raise NotAllowedNow(
            _(
                "You started the training of %(version)s or approved most of what is "
                "new in it: ask for it, and another person confirms it."
            )
            % {"version": version},
            code=CONFLICT,
        )
    if by and eyes.ruled:
        require_a_person(by)


def require_may_confirm(eyes: Eyes, by: User, *, asked_by: int) -> None:
    """Raises Forbidden for who asked, and where neither is impartial."""
    code = eyes.why_not_confirm(by.pk, asked_by=asked_by)
    if code == SECOND_PERSON:
        raise Forbidden(
            _("You asked for this yourself; another person must confirm it."),
            code=SECOND_PERSON,
        )
    if code:
        raise Forbidden(
            _(
                "Both of you had a part in this version: somebody who neither started "
                "its training nor approved most of what is new in it must confirm it."
            ),
            code=CONFLICT,
        )
