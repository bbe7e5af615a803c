"""Pages of long lists, of which the last takes no longer than the first."""

from functools import cached_property
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
FEW = 1000  # matches of a search whose keys are read at once


class KeyPaginator(Paginator):
    """A paginator for a queryset that is ordered by its key.

    Django's reads all columns of all rows up to the page. This one asks for the keys
    of the page alone, which an index holds, counted from the nearer end of the list,
    and reads only the rows with these keys. ``for_display`` is a queryset of the same
    rows with the joins and counts that the page shows, but that the choice of the rows
    does not need.
    """

    object_list: QuerySet[Any]

    def __init__(
        self,
        queryset: QuerySet[Any],
        per_page: int,
        for_display: QuerySet[Any] | None = None,
    ) -> None:
        super().__init__(queryset, per_page)
        self.for_display = queryset if for_display is None else for_display

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        size = min(self.per_page, self.count - first)
        rows_after = self.count - first - size
        keys = self.object_list.values_list("pk", flat=True)
        if first <= rows_after:
            chosen = list(keys[first : first + size])
        else:
            chosen = list(keys.reverse()[rows_after : rows_after + size])[::-1]
        return Page(rows_in_order(self.for_display, chosen), number, self)


class SearchPaginator(KeyPaginator):
    """A paginator for the matches of a search that no index helps to find.

    To count them and to find those of a page would read the table twice. Where they are
    few, their keys are read once, in no order, and answer both.
    """

    @cached_property
    def few_keys(self) -> list[Any] | None:
        """The keys of all matches; None for more than ``FEW``, or in another order."""
        ordering = tuple(self.object_list.query.order_by)
        if ordering not in (("pk",), ("-pk",)):
            return None
        rows = self.object_list.order_by()
        keys = list(rows.values_list("pk", flat=True)[: FEW + 1])
        if len(keys) > FEW:
            return None
        return sorted(keys, reverse=ordering == ("-pk",))

    @cached_property
    def count(self) -> int:
        if self.few_keys is None:
            return self.object_list.count()
        return len(self.few_keys)

    def page(self, number: int | str) -> Page[Any]:
        if self.few_keys is None:
            return super().page(number)
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        keys = self.few_keys[first : first + self.per_page]
        return Page(rows_in_order(self.for_display, keys), number, self)


def first_rows(queryset: QuerySet[Row], most: int) -> list[Row]:
    """``queryset[:most]``, reading all columns of only these rows."""
    return rows_in_order(queryset, list(queryset.values_list("pk", flat=True)[:most]))


def rows_in_order(queryset: QuerySet[Row], keys: list[Any]) -> list[Row]:
    """The rows with these keys in this order, without those deleted meanwhile."""
    rows = queryset.in_bulk(keys)
    return [rows[key] for key in keys if key in rows]
