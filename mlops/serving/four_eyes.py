"""Whether one person may select a version alone, or the policy wants a second one.

Everything here reads; nothing is written.
"""

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
    """What makes a person partial to a version.

    ``started``: its training. ``approved``: so many of the ``new`` samples in it.
    """

    started: bool
    approved: int
    new: int


@dataclass(frozen=True)
class Eyes:
    """What the four-eyes rules ask for a switch to a version.

    ``two``: two people select, whoever they are. ``ruled``: who has a part in a version
    does not select it alone; ``partial``: those people, by the key of their account.
    """

    two: bool = False
    ruled: bool = False
    partial: dict[int, Part] = field(default_factory=dict)

    def why_not_alone(self, person: int) -> str:
        """The code of why this person (a key) needs a second one; empty if not."""
        if person in self.partial:
            return CONFLICT
        return SECOND_PERSON if self.two else ""

    def why_not_confirm(self, person: int, *, asked_by: int) -> str:
        """The code of why this person cannot confirm what ``asked_by`` asks for."""
        if person == asked_by:
            return SECOND_PERSON
        both = person in self.partial and asked_by in self.partial
        return CONFLICT if both else ""


def eyes_on(
    version: ModelVersion, current: ServingPeriod | None, policy: TrainingPolicy
) -> Eyes:
    """The rules as they stand, for a switch from ``current`` to ``version``.

    A person is partial who started the training, or approved more than
    ``policy.conflict_share`` of the samples that are new in it.
    """
    share = policy.conflict_share
    if share is None:
        return Eyes(policy.two_people_select)
    tally = new_samples(version, current).tally("reviewer")
    counts = {int(person): n for person, n in tally.items()}
    new = sum(counts.values())
    starter = version.run.job.created_by_id
    partial = {
        person: Part(person == starter, counts.get(person, 0), new)
        for person in {*counts, starter}
        if person is not None
        and (person == starter or counts.get(person, 0) > share * new)
    }
    return Eyes(policy.two_people_select, ruled=True, partial=partial)


def new_samples(version: ModelVersion, current: ServingPeriod | None) -> SampleQuerySet:
    """The samples in its dataset that the serving version's dataset lacks."""
    number = version.run.dataset_version.number
    if current is None or current.model_version is None:
        return Sample.objects.contained_in(number)
    served = current.model_version.run.dataset_version.number
    return Sample.objects.in_one_only(number, served)


def require_one_is_enough(eyes: Eyes, version: ModelVersion, by: Actor) -> None:
    """Raises NotAllowedNow where the rules want a second person, and Forbidden for a
    program, since nobody knows which person acts through it."""
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
    """Raises Forbidden for the person who asked, and where both people are partial."""
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
