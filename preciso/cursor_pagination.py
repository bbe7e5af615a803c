"""Lists of the API: newest first, `?limit=&cursor=`, `{"items", "next"}`."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from preciso import limits

DEFAULT_LIMIT, HIGHEST_LIMIT = 50, 500
SMALL = 20  # bytes of a number, a time or a flag
CURSOR = re.compile(r"before-(?P<pk>[1-9][0-9]{0,17})")
LIMIT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT}
CURSOR_SCHEMA = {"type": "string", "pattern": "^before-[1-9][0-9]{0,17}$"}
# What a view that pages by itself tells of its query.
PAGED = [
    OpenApiParameter(
        "limit",
        LIMIT_SCHEMA,
        description=f"{DEFAULT_LIMIT} unless said, {HIGHEST_LIMIT} at most.",
    ),
    OpenApiParameter("cursor", CURSOR_SCHEMA, description="`next` of the page before."),
]


class NewestFirst(BasePagination):
    """Pages by descending id; a row that appears meanwhile shifts nothing.

    A page ends early, with `next`, where its rows get too large together. Wrong values
    of `limit` and `cursor` raise ValidationError.
    """

    next_cursor: str | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        limit = _limit(request.query_params.get("limit", ""))
        before = _position(request.query_params.get("cursor", ""))
        if before is not None:
            queryset = queryset.filter(pk__lt=before)
        rows, more = _page(queryset.order_by("-pk"), limit)
        self.next_cursor = _cursor(rows[-1].pk) if more else None
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


def paginated(
    request: Request,
    queryset: QuerySet[Any],
    as_json: Callable[[Any], Any],
) -> Response:
    """One page of the queryset, each row as `as_json` writes it."""
    pages = NewestFirst()
    rows: list[Model] = pages.paginate_queryset(queryset, request)
    return pages.get_paginated_response([as_json(row) for row in rows])


def _page(queryset: QuerySet[Any], limit: int) -> tuple[list[Any], bool]:
    """As many rows as fit a page, by number and by bytes, and whether more follow.

    The first are read to see how large they are, then as many as will fit. A row that
    is larger than a page comes alone.
    """
    rows: list[Any] = []
    room, count = limits.PAGE, DEFAULT_LIMIT
    while True:
        start, end = len(rows), min(limit + 1, len(rows) + count)
        read = list(queryset[start:end])
        for row in read:
            room -= _size(row)
            if len(rows) == limit or (room < 0 and rows):
                return rows, True
            rows.append(row)
        if len(read) < end - start:
            return rows, False
        count = max(1, room * len(rows) // max(limits.PAGE - room, 1))


def _size(row: Model) -> int:
    """About as many bytes as it takes to write what the row holds."""
    kept = (value for name, value in vars(row).items() if name[0] != "_")
    return sum(_length(value) for value in kept)


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return len(repr(value)) if isinstance(value, list | dict) else SMALL


def _limit(raw: str) -> int:
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


def _cursor(pk: int) -> str:
    return f"before-{pk}"


def _position(raw: str) -> int | None:
    if not raw:
        return None
    known = CURSOR.fullmatch(raw)
    if known is None:
        problem = _("%(value)s is no cursor that a list has answered.") % {
            "value": repr(raw[:40])
        }
        raise ValidationError({"cursor": problem})
    return int(known["pk"])
