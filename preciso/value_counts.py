"""How many rows have each value of a column, where most have the same value."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet


def tally(
    rows: QuerySet[Any], column: str, values: Iterable[str], commonest: str
) -> dict[str, int]:
    """The number of rows for each of ``values``, all values that the column may hold.

    Rows with the commonest value are not counted: they are what is left of all rows,
    whose number SQLite knows without reading them. A row that is committed between the
    two queries may be counted among them.
    """
    others = [str(value) for value in values if value != commonest]
    total = rows.count()
    counted = rows.order_by().filter(**{f"{column}__in": others}).values_list(column)
    counts = dict.fromkeys(others, 0) | dict(counted.annotate(n=Count("*")))
    return {**counts, commonest: max(total - sum(counts.values()), 0)}
