"""Cases over HTTP: post, correct, look up, and report what happened later."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented, permitted
from preciso.api_fields import Body, Moment, Number, Person, Text, row_or_404
from preciso.api_views import APIView, ListAPIView
from preciso.body_fields import FactValue, Label, OptionalLabel, OptionalText, Protected
from preciso.requester import requester_of
from training.api.serializers import CaseOut
from training.filters.cases import CaseFilters
from training.models import Case
from training.services.access.access_log import note_protected
from training.services.cases.approvers import who_may_approve
from training.services.cases.intake import (
    correct_case,
    parse_case,
    post_case,
    record_outcome,
)
from training.services.policy.policies import policy

READ_PROTECTED = "training.read_protected"
SEE_PEOPLE = "training.view_trainingpolicy"  # as for the page People
CASE_ROWS = (
    Case.objects.for_table()
    .defer(None)
    .select_related("created_by")
    .prefetch_related(
        "outcomes",
        "samples",
        "reviews__by",
    )
)


class OneCaseOut(CaseOut):
    """`may_approve`: the names of the people who may approve the case now; null for a
    caller who may not see people, and for a case that is decided. Its context says
    whether it `names_people`."""

    may_approve = serializers.SerializerMethodField()

    @extend_schema_field(
        serializers.ListField(
            child=Person(), max_length=limits.PEOPLE, allow_null=True, read_only=True
        )
    )
    def get_may_approve(self, case: Case) -> list[str] | None:
        if not (self.context["names_people"] and case.is_waiting):
            return None
        people = who_may_approve(case, policy(), limits.PEOPLE)
        return [person.get_username() for person in people]


class RecommendationIn(serializers.Serializer):
    decision = Label()
    rationale = OptionalText()
    confidence = Number(required=False, min_value=0, max_value=1, allow_null=True)


class FactIn(serializers.Serializer):
    name = Label()
    value = FactValue(allow_null=True)
    unit = OptionalLabel()
    period = OptionalLabel()
    source = Text(  # type: ignore[assignment]  # a fact has a source
        required=False, max_length=limits.LABEL, allow_null=True
    )


class EvidenceIn(serializers.Serializer):
    id = OptionalLabel()
    document = Text(required=False, max_length=limits.DOCUMENT, allow_null=True)
    page = OptionalLabel()
    snippet = OptionalText()


class CaseIn(serializers.Serializer):
    """How the OpenAPI document describes a case; `parse_case` is what checks one."""

    external_id = Label()
    title = Text(required=False, max_length=limits.TITLE, allow_null=True)
    facts = serializers.ListField(child=FactIn(), min_length=1, max_length=limits.FACTS)
    protected = Protected(required=False, allow_null=True)
    evidence = serializers.ListField(
        child=EvidenceIn(), max_length=limits.EVIDENCE, required=False, allow_null=True
    )
    recommendation = RecommendationIn(required=False, allow_null=True)


class OutcomeIn(Body):
    outcome = Text(max_length=limits.LABEL, allow_blank=False)
    at = Moment(required=False)


class CaseListView(ListAPIView):
    """All cases, newest first; or post one."""

    required_perms = {"GET": ["training.view_case"], "POST": ["training.add_case"]}
    serializer_class = CaseOut
    filterset_class = CaseFilters
    queryset = CASE_ROWS

    def get_serializer_context(self) -> dict[str, Any]:
        may = permitted(self.request, READ_PROTECTED)
        return {**super().get_serializer_context(), "shows_protected": may}

    def paginate_queryset(self, queryset: Any) -> Any:
        """The access log names whose protected attributes an answer holds, before it
        is sent."""
        rows = super().paginate_queryset(queryset)
        if permitted(self.request, READ_PROTECTED):
            cases = [case.pk for case in rows or [] if case.protected]
            note_protected(requester_of(self.request), cases)
        return rows

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
        return _echo(case, status=201 if created else 200)


class CaseDetail(APIView):
    """One case; or its correction while it waits."""

    required_perms = {"GET": ["training.view_case"], "PUT": ["training.change_case"]}

    @documented(responses=OneCaseOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """One case, with its newest review and who may approve it."""
        case = row_or_404(CASE_ROWS, id)
        names_people = permitted(request, SEE_PEOPLE)
        return _case_response(request, case, OneCaseOut, names_people=names_people)

    @documented(request=CaseIn, responses=CaseOut)
    def put(self, request: ApiRequest, id: str) -> Response:
        """Correct a case that still waits for a decision."""
        case = row_or_404(Case.objects.all(), id)
        content = parse_case(request.data)
        return _echo(correct_case(case, content, by=request.user))


class RecordOutcome(APIView):
    required_perms = {"POST": ["training.record_outcome"]}

    @documented(request=OutcomeIn, responses=CaseOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Report what really happened later; the newest report counts."""
        case = row_or_404(Case.objects.all(), id)
        body = OutcomeIn.read(request)
        record_outcome(
            case, outcome=body["outcome"], at=body.get("at"), by=request.user
        )
        return current_case(case, request)


def current_case(case: Case, request: ApiRequest) -> Response:
    """The case as it is in the database now."""
    return _case_response(request, CASE_ROWS.get(pk=case.pk))


def _case_response(
    request: ApiRequest,
    case: Case,
    serializer: type[CaseOut] = CaseOut,
    **context: bool,
) -> Response:
    """A row of ``CASE_ROWS``. Its protected attributes go only to a person who may see
    them, and the access log has an entry about it before they do."""
    may = permitted(request, READ_PROTECTED)
    if may and case.protected:
        note_protected(requester_of(request), [case.pk])
    return Response(serializer(case, context={"shows_protected": may, **context}).data)


def _echo(case: Case, status: int = 200) -> Response:
    """The answer to a caller who has just sent the whole case.

    It discloses nothing to them, so the access log has no entry about it.
    """
    context = {"shows_protected": True}
    row = CASE_ROWS.get(pk=case.pk)
    return Response(CaseOut(row, context=context).data, status=status)
