"""Import of cases over HTTP: CSV or JSON lines, read as a stream."""

from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import (
    PermissionDenied,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, PayloadTooLarge, documented, permitted
from preciso.api_fields import Text, Whole
from preciso.api_views import APIView
from training.services.cases.imports import ImportOptions, import_cases

LARGEST = 64 * 1024 * 1024
MULTIPART = "multipart/form-data"
FORMATS = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/json": "jsonl",
    "text/plain": "",
    "application/octet-stream": "",
    "": "",
}
DESCRIBED = ("text/csv", "application/x-ndjson", "application/octet-stream")


class AlwaysJson(DefaultContentNegotiation):
    """Here `?format=` names the format of the body, not that of the answer."""

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class ImportQuery(serializers.Serializer):
    """The names are those of `manage.py import_cases`."""

    format = serializers.ChoiceField(
        choices=["csv", "jsonl"], required=False, allow_blank=True
    )
    id_column = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=limits.LABEL
    )
    decision_column = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=limits.LABEL
    )
    ignore_column = serializers.ListField(
        child=serializers.CharField(max_length=limits.LABEL),
        required=False,
        default=list,
        max_length=limits.FACTS,
    )
    protected_column = serializers.ListField(
        child=serializers.CharField(max_length=limits.LABEL),
        required=False,
        default=list,
        max_length=limits.FACTS,
    )


class RefusalOut(serializers.Serializer):
    line = Whole()
    reason = Text()


class ImportOut(serializers.Serializer):
    imported = Whole()
    skipped = Whole()
    refused_count = Whole()
    refused = RefusalOut(many=True, help_text="The first ten thousand of them.")


class ImportCases(APIView):
    """Good lines are kept, bad ones refused one by one."""

    required_perms = {"POST": ["training.import_case"]}
    content_negotiation_class = AlwaysJson

    @documented(
        parameters=[ImportQuery],
        request={
            **dict.fromkeys(DESCRIBED, OpenApiTypes.BINARY),
            MULTIPART: {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
            },
        },
        responses=ImportOut,
    )
    def post(self, request: ApiRequest) -> Response:
        """Import cases; with a decision column, replay it as the caller's reviews."""
        query = ImportQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        parameters = query.validated_data
        media_type = _media_type(request)
        file_format = parameters.get("format") or FORMATS.get(media_type, "")
        if not file_format:
            raise ValidationError(
                _(
                    "Say what the body is: Content-Type text/csv or "
                    "application/x-ndjson, or ?format=csv or ?format=jsonl."
                )
            )
        options = ImportOptions(
            format=file_format,
            id_column=parameters["id_column"],
            decision_column=parameters["decision_column"],
            ignore_columns=tuple(parameters["ignore_column"]),
            protected_columns=tuple(parameters["protected_column"]),
        )
        replays = bool(options.decision_column)
        if replays and not permitted(request, "training.review_case"):
            raise PermissionDenied(
                _("Replaying decisions also needs the permission to review cases.")
            )
        report = import_cases(
            _stream(request),
            options,
            by=request.user,
            replay_as=request.user if replays else None,
        )
        return Response(ImportOut(report).data)


def _media_type(request: Request) -> str:
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    if media_type == MULTIPART:
        file = _file(request)
        return (file.content_type or "").lower() if file else ""
    if media_type not in FORMATS:
        raise UnsupportedMediaType(media_type)
    return media_type


def _stream(request: Request) -> BinaryIO:
    """The body, to be read as a stream.

    Raises PayloadTooLarge, before anything is read where the request states its length.
    """
    http = request._request
    if int(http.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        raise PayloadTooLarge(
            _("A file of at most %d MB can be imported at once; split it.")
            % (LARGEST // 1024**2)
        )
    return cast(BinaryIO, _file(request) or http)


def _file(request: Request) -> Any:
    """The uploaded file of a form, if the body is one."""
    return request._request.FILES.get("file")
