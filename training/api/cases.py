"""Cases over HTTP: post, correct, look up, and tell what happened later."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from preciso.api import ApiRequest, documented
from preciso.shapes import Body, Moment, Number, Text, found
from training.api.filters import CaseFilters
from training.api.shapes import CaseOut
from training.models import Case
from training.services.cases import correct_case, parse_case, post_case, record_outcome

SHOWN = (
    Case.objects.for_table()
    .defer(None)
    .select_related("created_by")
    .prefetch_related(
        "outcomes",
        "samples",
        "reviews__by",
    )
)


class RecommendationIn(serializers.Serializer):
    decision = Text()
    rationale = Text(required=False)
    confidence = Number(required=False, min_value=0, max_value=1)


class FactIn(serializers.Serializer):
    name = Text()
    value = serializers.JSONField()
    unit = Text(required=False)
    period = Text(required=False)
    source = Text(required=False)  # type: ignore[assignment]  # a fact has a source


class CaseIn(serializers.Serializer):
    """The form of a case in OpenAPI; `parse_case` is what checks one."""

    external_id = Text(max_length=200)
    title = Text(required=False)
    facts = FactIn(many=True)
    protected = serializers.DictField(required=False)
    evidence = serializers.ListField(child=serializers.DictField(), required=False)
    recommendation = RecommendationIn(required=False)


class OutcomeIn(Body):
    outcome = Text(max_length=200, allow_blank=False)
    at = Moment(required=False)


class Cases(ListAPIView):
    """All cases, newest first; or post one."""

    required_perms = {"GET": ["training.view_case"], "POST": ["training.add_case"]}
    serializer_class = CaseOut
    filterset_class = CaseFilters
    queryset = SHOWN

    @documented(
        request=CaseIn,
        filters=False,
        responses={
            201: CaseOut,
            200: OpenApiResponse(CaseOut, "The same case was known already."),
        },
    )
    def post(self, request: ApiRequest) -> Response:
        """Post a case; its external_id makes posting it twice harmless."""
        content = parse_case(request.data)
        case, created = post_case(content, by=request.user)
        return shown(case, status=201 if created else 200)


class OneCase(APIView):
    """One case; or its correction while it waits."""

    required_perms = {"GET": ["training.view_case"], "PUT": ["training.change_case"]}

    @documented(responses=CaseOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """One case, with its newest review."""
        return Response(CaseOut(found(SHOWN, id)).data)

    @documented(request=CaseIn, responses=CaseOut)
    def put(self, request: ApiRequest, id: str) -> Response:
        """Correct a case that still waits for a decision."""
        case = found(Case.objects.all(), id)
        content = parse_case(request.data)
        return shown(correct_case(case, content, by=request.user))


class Outcome(APIView):
    required_perms = {"POST": ["training.record_outcome"]}

    @documented(request=OutcomeIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Tell what really happened later; the newest report counts."""
        case = found(Case.objects.all(), id)
        body = OutcomeIn.read(request)
        record_outcome(
            case, outcome=body["outcome"], at=body.get("at"), by=request.user
        )
        return shown(case)


def shown(case: Case, status: int = 200) -> Response:
    """The case as it is now."""
    return Response(CaseOut(SHOWN.get(pk=case.pk)).data, status=status)
