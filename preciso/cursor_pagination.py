"""Lists of the API: newest first, `?limit=&cursor=`, `{"items", "next"}`."""

import re
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from preciso import limits
from preciso.page_paginator import rows_in_order

DEFAULT_LIMIT, HIGHEST_LIMIT = 50, 500
SMALL = 20  # bytes of a number, a time or a flag
CURSOR = re.compile(r"before-(?P<pk>[1-9][0-9]{0,17})")
LIMIT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT}
CURSOR_SCHEMA = {"type": "string", "pattern": "^before-[1-9][0-9]{0,17}$"}
# The query parameters of a view that paginates without the list view.
PAGED = [
    OpenApiParameter(
        "limit",
        LIMIT_SCHEMA,
        description=f"{DEFAULT_LIMIT} unless said, {HIGHEST_LIMIT} at most.",
    ),
    OpenApiParameter("cursor", CURSOR_SCHEMA, description="`next` of the page before."),
]


class NewestFirst(BasePagination):
    """Pages by descending id, so that a new row shifts no page.

    A page ends early, with `next`, where its rows get too large together. Wrong values
    of `limit` and `cursor` raise ValidationError.
    """

    next_cursor: str | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        limit = _read_limit(request.query_params.get("limit", ""))
        before = _read_cursor(request.query_params.get("cursor", ""))
        if before is not None:
            queryset = queryset.filter(pk__lt=before)
        # The rows of a page are found by their keys, without the list's filters: with
        # both, SQLite would follow a filter's index and read far more than the page.
        every_row = getattr(view, "queryset", None)
        rows, has_more = _rows_that_fit(
            queryset.order_by("-pk").values_list("pk", flat=True),
            queryset if every_row is None else every_row,
            limit,
        )
        self.next_cursor = f"before-{rows[-1].pk}" if has_more and rows else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "next": self.next_cursor})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": schema,
                "next": {"type": "string", "nullable": True},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {"name": "limit", "in": "query", "schema": LIMIT_SCHEMA},
            {"name": "cursor", "in": "query", "schema": CURSOR_SCHEMA},
        ]


def _rows_that_fit(
    keys: QuerySet[Any], queryset: QuerySet[Any], limit: int
) -> tuple[list[Any], bool]:
    """As many rows as fit a page, by number and by bytes, and whether more follow.

    First the keys alone are read, which an index holds: a database that has to sort
    then reads no column of the rows on other pages. ``queryset`` gives the rows.

    The first DEFAULT_LIMIT rows show how large a row is; from that follows how many
    more are read at once. A row that is larger than a page comes alone.
    """
    page_keys = list(keys[: limit + 1])
    rows: list[Any] = []
    start, room, count = 0, limits.PAGE, DEFAULT_LIMIT
    while start < len(page_keys):
        batch = page_keys[start : start + count]
        for row in rows_in_order(queryset, batch):
            columns = (value for name, value in vars(row).items() if name[0] != "_")
            room -= sum(_approximate_bytes(value) for value in columns)
            if len(rows) == limit or (room < 0 and rows):
                return rows, True
            rows.append(row)
        start += len(batch)
        count = max(1, room * len(rows) // max(limits.PAGE - room, 1))
    return rows, len(page_keys) > limit


def _approximate_bytes(value: Any) -> int:
    """About as many as JSON takes for the value of a column."""
    if isinstance(value, str):
        return len(value)
    return len(repr(value)) if isinstance(value, list | dict) else SMALL


def _read_limit(raw: str) -> int:
    if not raw:
        return DEFAULT_LIMIT
    limit = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 0
    if not 1 <= limit <= HIGHEST_LIMIT:
        raise ValidationError(
            {
                "limit": _("%(value)s is no number from 1 to %(highest)d.")
                % {"value": repr(raw[:20]), "highest": HIGHEST_LIMIT}
            }
        )
    return limit


def _read_cursor(raw: str) -> int | None:
    """The id below which the page begins; None for the first page."""
    if not raw:
        return None
    match = CURSOR.fullmatch(raw)
    if match is None:
        problem = _("%(value)s is no cursor that a list has answered.") % {
            "value": repr(raw[:40])
        }
        raise ValidationError({"cursor": problem})
    return int(match["pk"])
