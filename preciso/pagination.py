"""Lists of the API: newest first, `?limit=&cursor=`, `{"items", "next"}`."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

DEFAULT_LIMIT, HIGHEST_LIMIT = 50, 500


class NewestFirst(BasePagination):
    """Pages by descending id; a row that appears meanwhile shifts nothing.

    Wrong values of `limit` and `cursor` raise ValidationError.
    """

    next_cursor: str | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        limit = _limit(request.query_params.get("limit", ""))
        before = _position(request.query_params.get("cursor", ""))
        if before is not None:
            queryset = queryset.filter(pk__lt=before)
        rows = list(queryset.order_by("-pk")[: limit + 1])
        self.next_cursor = _cursor(rows[limit - 1].pk) if len(rows) > limit else None
        return rows[:limit]

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
        limit = {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT}
        return [
            {"name": "limit", "in": "query", "schema": limit},
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
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
    return base64.urlsafe_b64encode(f"before:{pk}".encode()).decode().rstrip("=")


def _position(raw: str) -> int | None:
    if not raw:
        return None
    padded = raw + "=" * (-len(raw) % 4)
    try:
        text = base64.urlsafe_b64decode(padded).decode()
        return int(text.removeprefix("before:"))
    except (ValueError, binascii.Error) as error:
        problem = _("%(value)s is no cursor that a list has answered.") % {
            "value": repr(raw[:40])
        }
        raise ValidationError({"cursor": problem}) from error
