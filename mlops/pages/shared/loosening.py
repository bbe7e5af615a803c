"""Which four-eyes rules somebody wants to loosen, and who could confirm it, by name."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.permitted_people import ASKED, WhoCan, sorted_out
from preciso import clock
from training.choices import FourEyesRule
from training.models import Loosening, TrainingPolicy
from training.services.people.password_ties import people_tied_by_passwords
from training.services.people.roles import people_who_may
from training.services.policy.loosening import CONFIRM_WITHIN, RIGHT, who_could_confirm
from training.services.policy.policies import is_looser

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
    others = [each for each in people if each.pk != reader.pk]
    return {
        "loosenings": [(each, _who(people, each.asked_by_id)) for each in waiting()],
        "others": _who(others, reader.pk),
        "days": CONFIRM_WITHIN.days,
    }


def _who(people: Collection[User], asked_by: int | None) -> WhoCan:
    same = people_tied_by_passwords(asked_by or 0, clock.database_now())

    def why(person: User) -> str | Promise:
        if person.pk == asked_by:
            return ASKED
        return SAME_HANDS if person.pk in same else ""

    return sorted_out(people, why)
