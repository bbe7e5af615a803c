"""How long a case was read, as its page measured it and the server can believe."""

import re
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone

from training.models import Case
from training.services.cases.reading_times import PageReading

SALT = "preciso.review"
LONGEST = 24 * 3600  # seconds; a page that was open longer tells nothing
MEASURED_FORM = re.compile(
    r"([0-9]{1,6});([0-9]{1,3});((?:[0-9]{1,3}(?:,[0-9]{1,3}){0,199})?)"
)


def opening(case: Case, reader: User) -> str:
    """When this page was opened, by whom and of which case: signed."""
    return signing.dumps([case.pk, reader.pk, _now()], salt=SALT)


def measured(form: Mapping[str, str], case: Case, by: User) -> PageReading | None:
    """None where nothing was measured: no JavaScript, or not this page's opening.

    ``measured`` is sent as seconds, changes of mind and the places of the pieces of
    evidence that were opened: ``12;1;0,2``. Never more seconds than the page was open.
    """
    opened = _opened(form.get("opened", ""), case, by)
    match = MEASURED_FORM.fullmatch(form.get("measured", ""))
    if opened is None or match is None:
        return None
    since = max(0, round(_now() - opened))
    unfolded = {int(place) for place in match[3].split(",") if place}
    return PageReading(
        active_seconds=min(int(match[1]), since),
        open_seconds=since,
        evidence=tuple(
            str(piece["id"])
            for place, piece in enumerate(case.evidence)
            if place in unfolded
        ),
        changes_of_mind=int(match[2]),
    )


def kept_opening(form: Mapping[str, str], case: Case, reader: User) -> dict[str, str]:
    """For a page that is drawn again: it was opened when it was opened first."""
    stamp = form.get("opened", "")
    same = form.get("seen", "") == case.content_sha256
    known = same and _opened(stamp, case, reader) is not None
    return {"opened": stamp} if known else {}


def _opened(stamp: str, case: Case, by: User) -> float | None:
    """When the page was opened, in seconds; None if not this case, by this reader."""
    try:
        case_id, reader_id, at = signing.loads(stamp, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    is_ours = (case_id, reader_id) == (case.pk, by.pk) and _now() - at <= LONGEST
    return float(at) if is_ours else None


def _now() -> float:
    return round(timezone.now().timestamp(), 1)
