"""Who may select a version and who may confirm it, by name."""

from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mlops.models import BreakGlass, ModelVersion
from mlops.pages.shared.permitted_people import WHO_ASKED, split_by_reason
from mlops.serving import selection
from mlops.serving.four_eyes import CONFLICT, SECOND_PERSON, Eyes, Part, eyes_on
from training.services.people.roles import people_who_may
from training.services.policy.policies import policy

SELECT = "mlops.select_version"
CONFIRM = "mlops.confirm_breakglass"
PARTIAL_TOO: str | Promise = _("had a part in it, as who asked")


def eyes_page(version: ModelVersion, reader: User) -> dict[str, Any]:
    """What the four-eyes rules ask for a switch to this version, as context of a page.

    ``why_not_alone``: the code of why this reader needs a second person. ``selects``:
    the people who can select it; ``confirms``: for each waiting request the people who
    can confirm it. Both are None where no rule is on.
    """
    current, rules = selection.current_period(), policy()
    eyes = eyes_on(version, current, rules)
    if not eyes.two and not eyes.ruled:
        return {"eyes": None, "why_not_alone": "", "selects": None, "confirms": None}
    serves = current is not None and current.model_version_id == version.pk
    return {
        "eyes": eyes,
        "why_not_alone": eyes.why_not_alone(reader.pk),
        "part": eyes.partial.get(reader.pk),
        "selects": None if serves else _selects(eyes),
        "confirms": [_confirms(eyes, each) for each in _waiting_requests(version)],
    }


def _selects(eyes: Eyes) -> Any:
    """Alone or, where two people select, by asking."""
    if eyes.two:
        return split_by_reason(people_who_may(SELECT), lambda person: "")
    return split_by_reason(
        people_who_may(SELECT),
        lambda person: part_in_words(eyes.partial.get(person.pk)),
    )


def _waiting_requests(version: ModelVersion) -> list[BreakGlass]:
    return list(BreakGlass.objects.for_table().open().filter(model_version=version))


def _confirms(eyes: Eyes, request: BreakGlass) -> tuple[BreakGlass, Any]:
    asked_by = request.requested_by_id
    words = {"": "", SECOND_PERSON: WHO_ASKED, CONFLICT: PARTIAL_TOO}
    return request, split_by_reason(
        people_who_may(CONFIRM),
        lambda person: words[eyes.why_not_confirm(person.pk, asked_by=asked_by)],
    )


def part_in_words(part: Part | None) -> str:
    """``approved 3 of 5 new samples``; empty for who had no part."""
    if part is None:
        return ""
    if part.started:
        return gettext("started its training")
    text = gettext("approved %(approved)d of %(new)d new samples")
    return text % {"approved": part.approved, "new": part.new}
