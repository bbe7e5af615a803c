"""How many rows there are of each value, where most have the same one."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet


def tally(
    rows: QuerySet[Any], column: str, values: Iterable[str], commonest: str
) -> dict[str, int]:
    """A number for each of ``values``, which are all that the column may hold.

    The commonest is what is left of all rows: SQLite knows how many there are without
    reading them. What commits between the two questions may be counted there.
    """
    others = [str(value) for value in values if value != commonest]
    total = rows.count()
    found = rows.order_by().filter(**{f"{column}__in": others}).values_list(column)
    counts = dict.fromkeys(others, 0) | dict(found.annotate(n=Count("*")))
    return {**counts, commonest: max(total - sum(counts.values()), 0)}
