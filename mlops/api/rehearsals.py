"""Rehearsal over HTTP: what would change if another version served."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from mlops.api.serializers import ModelVersionName
from mlops.models import ModelVersion, Rehearsal
from mlops.serving import rehearsals
from mlops.serving.rehearsal_report import rehearsal_rows
from preciso.api import ApiRequest, documented
from preciso.api_fields import Body, Id, Moment, Number, Person, Text, Whole, row_or_404
from preciso.api_views import APIView


class RehearseIn(Body):
    """Without a version: what a rollback would bring back."""

    model_version_id = Id(required=False)
    cases = Whole(
        required=False,
        min_value=1,
        max_value=rehearsals.MOST_CASES,
        default=rehearsals.DEFAULT_CASES,
    )


class RehearsedCaseOut(serializers.Serializer):
    """A case answered differently; `now` is null where there was no other version."""

    case_id = Id(source="case.pk")
    external_id = Text(source="case.external_id")
    title = Text(source="case.title")
    decided = Text()
    now = Text(allow_null=True)
    then = Text()
    confidence = Number()


class RehearsalOut(serializers.Serializer):
    """`cases`, of which so many were `imported` decisions and `learnt` by the version;
    `changed` answers, `away` from what was decided and `towards` it. At most 200 rows.
    """

    id = Id()
    model_version = ModelVersionName()
    serving = ModelVersionName(allow_null=True)
    cases = Whole()
    imported = Whole()
    learnt = Whole()
    changed = Whole()
    away = Whole()
    towards = Whole()
    at = Moment()
    by = Person(allow_null=True)
    stale = serializers.SerializerMethodField()
    rows = serializers.SerializerMethodField()

    def get_stale(self, rehearsal: Rehearsal) -> bool:
        """Older than 24 hours, or something was switched since."""
        return not rehearsal.is_fresh

    @extend_schema_field(RehearsedCaseOut(many=True))
    def get_rows(self, rehearsal: Rehearsal) -> list[dict[str, Any]]:
        return list(RehearsedCaseOut(rehearsal_rows(rehearsal), many=True).data)


class Rehearse(APIView):
    required_perms = {"POST": ["mlops.rehearse"]}

    @documented(request=RehearseIn, responses={201: RehearsalOut})
    def post(self, request: ApiRequest) -> Response:
        """Try a version on the newest reviewed cases; nothing is switched."""
        body = RehearseIn.read(request)
        target = (
            row_or_404(ModelVersion.objects.for_table(), body["model_version_id"])
            if "model_version_id" in body
            else rehearsals.rollback_version()
        )
        rehearsal = rehearsals.rehearse(target, by=request.user, cases=body["cases"])
        return Response(RehearsalOut(rehearsal).data, status=201)


class OneRehearsal(APIView):
    required_perms = {"GET": ["mlops.view_rehearsal"]}

    @documented(responses=RehearsalOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """A rehearsal with the cases that were answered differently."""
        return Response(RehearsalOut(row_or_404(Rehearsal.objects.for_page(), id)).data)
