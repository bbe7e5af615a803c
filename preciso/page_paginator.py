"""Long lists: a page at the end costs what one at the beginning does."""

from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class Pages(Paginator):
    """Pages of a queryset that is ordered by its key.

    Which rows are on a page is asked of the keys alone, which an index holds, and from
    the nearer end; only the rows that are shown are read, as ``shown`` has them where
    that joins or counts what the choice of the rows does not need.
    """

    object_list: QuerySet[Any]

    def __init__(
        self,
        rows: QuerySet[Any],
        per_page: int,
        shown: QuerySet[Any] | None = None,
    ) -> None:
        super().__init__(rows, per_page)
        self.shown = rows if shown is None else shown

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        size = min(self.per_page, self.count - first)
        return Page(self._rows(first, size), number, self)

    def _rows(self, first: int, size: int) -> list[Any]:
        behind = self.count - first - size
        keys = self.object_list.values_list("pk", flat=True)
        if first <= behind:
            return read(self.shown, list(keys[first : first + size]))
        chosen = list(keys.reverse()[behind : behind + size])
        return read(self.shown, chosen[::-1])


def first_rows(rows: QuerySet[Row], most: int) -> list[Row]:
    """``rows[:most]``, of which only these are read however the database finds them."""
    return read(rows, list(rows.values_list("pk", flat=True)[:most]))


def read(rows: QuerySet[Row], keys: list[Any]) -> list[Row]:
    """The rows with these keys in this order, less what is gone meanwhile.

    By key alone: the keys were chosen by the conditions, and SQLite would rather go by
    one of these again.
    """
    by_key = rows.all()
    by_key.query.clear_where()
    found = by_key.in_bulk(keys)
    return [found[key] for key in keys if key in found]
