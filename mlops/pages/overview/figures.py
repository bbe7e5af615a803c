"""The overview: the loop in figures, agreement, and what happened last."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from mlops.pages.shared import audit_trail, samples
from mlops.pages.shared.request_reads import open_dataset
from preciso.filters import midnight
from preciso.value_counts import tally
from training.choices import CASE_UNDECIDED, CaseStatus, ReviewAction, ReviewSource
from training.models import AuditEvent, Case, TrainingRun
from training.services.audit.record_coverage import BOOKKEEPING

DAYS = 14
RECENT = 8


# A join of reviews with days, which Django's ORM has no words for. The first day is
# named once more, or PostgreSQL would look at every review for each of them.
COUNT = """
WITH day (place, since, until) AS (VALUES {rows})
SELECT day.place, r.decision = c.recommended_decision AS agreed, COUNT(*)
FROM day JOIN training_review r ON r.at >= day.since AND r.at < day.until
JOIN training_case c ON c.id = r.case_id
WHERE r.at >= %s AND r.action = %s AND r.source <> %s
GROUP BY day.place, agreed
"""


def decisions_per_day() -> list[tuple[str, int, int]]:
    """(day, as recommended, otherwise or without a recommendation).

    Oldest first, none if nobody decided; imported decisions do not count.
    """
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counts = _by_day([*days, today + timedelta(days=1)])
    if not counts:
        return []
    form = pgettext("how a day is written, short", "M j")
    return [
        (date_format(day, form), counts[place, True], counts[place, False])
        for place, day in enumerate(days)
    ]


def _by_day(days: Sequence[date]) -> Counter[tuple[int, bool]]:
    """Approvals by the place of their day and whether they were as recommended."""
    as_written = connection.ops.adapt_datetimefield_value
    midnights = [as_written(midnight(day)) for day in days]
    values: list[Any] = []
    for place, bounds in enumerate(pairwise(midnights)):
        values += [place, *bounds]
    rows = ", ".join(["(%s, %s, %s)"] * (len(days) - 1))
    parameters = [*values, midnights[0], ReviewAction.APPROVE, ReviewSource.REPLAY]
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(rows=rows), parameters)
        return Counter({(place, bool(agreed)): n for place, agreed, n in cursor})


def loop() -> dict[str, Any]:
    """The four steps of the loop, each with the figure a person asks for first."""
    version = open_dataset()
    cases = tally(Case.objects.all(), "status", CaseStatus, CaseStatus.APPROVED)
    return {
        "waiting": sum(cases[status] for status in CASE_UNDECIDED),
        "approved": cases[CaseStatus.APPROVED],
        "open_version": version,
        "collected": version.added().count() if version else 0,
        "new_url": samples.url(version, part="new") if version else "",
        "last_run": TrainingRun.objects.for_table().first(),
    }


def recent_events() -> list[audit_trail.TrailEntry]:
    """Without what the trail writes for itself, which would soon be all there is."""
    events = AuditEvent.objects.for_table().exclude(action__in=BOOKKEEPING)
    return audit_trail.entries(list(events[:RECENT]))
