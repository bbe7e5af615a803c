"""Which four-eyes rules somebody wants to loosen, and who could confirm it, by name."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.permitted_people import (
    WHO_ASKED,
    PermittedPeople,
    split_by_reason,
)
from preciso import clock
from training.choices import FourEyesRule
from training.models import Loosening, TrainingPolicy
from training.services.people.password_ties import Links, password_links
from training.services.people.roles import people_who_may
from training.services.policy.loosening import (
    CONFIRM_WITHIN,
    RIGHT,
    barred_from_confirming,
    who_could_confirm,
)
from training.services.policy.policies import is_looser

FOUR_EYES_GROUP = "four-eyes"  # of the rules under Settings; a part of its address
SAME_HANDS: str | Promise = _("password made by or for who asks, in the last 7 days")


def waiting() -> list[Loosening]:
    """Not yet too late to confirm; the newest first."""
    return list(Loosening.objects.for_table().waiting(clock.database_now()))


def can_ask(policy: TrainingPolicy, reader: User) -> bool:
    """Whether a rule is on, and somebody else could confirm that it is loosened."""
    is_on = any(is_looser(None, than=getattr(policy, rule)) for rule in FourEyesRule)
    return is_on and who_could_confirm(reader).exists()


def loosening_page(reader: User) -> dict[str, Any]:
    """What waits, with who can confirm it; and who could confirm what this reader
    asks for."""
    people = list(people_who_may(RIGHT))
    others = [person for person in people if person.pk != reader.pk]
    links = password_links(clock.database_now())
    return {
        "loosenings": [
            (loosening, _confirmers(people, loosening.asked_by_id or 0, links))
            for loosening in waiting()
        ],
        "others": _confirmers(others, reader.pk, links),
        "days": CONFIRM_WITHIN.days,
    }


def _confirmers(
    people: Collection[User], asked_by: int, links: Links
) -> PermittedPeople:
    """Who of these people can confirm what was asked for, and why the others cannot."""
    barred = barred_from_confirming(asked_by, links)

    def why_not(person: User) -> str | Promise:
        if person.pk == asked_by:
            return WHO_ASKED
        return SAME_HANDS if person.pk in barred else ""

    return split_by_reason(people, why_not)
