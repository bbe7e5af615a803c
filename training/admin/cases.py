"""Cases, what people decided about them, and what is learnt from that."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from preciso.admin_base import (
    ReadMostlyAdmin,
    ReadOnlyInline,
    as_list,
    do_to_each,
    may,
    on_the_pages,
)
from preciso.http import AuthedRequest
from preciso.requester import requester_of
from training.admin.filters import Decided, Recommended
from training.choices import ReviewSource
from training.errors import DomainError
from training.models import (
    Case,
    CaseOutcome,
    CaseRevision,
    DatasetVersion,
    Review,
    Sample,
)
from training.services.access.access_log import note_protected
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    reject_case,
    request_changes,
)
from training.services.datasets.versions import seal_version

READ_PROTECTED = "training.read_protected"
for_each = partial(do_to_each, refused=DomainError)


class ReviewInline(ReadOnlyInline):
    model = Review
    fields = [
        "at",
        "by",
        "action",
        "decision",
        "confidence",
        "reasoning",
        "source",
        "blind",
    ]


class OutcomeInline(ReadOnlyInline):
    model = CaseOutcome
    fields = ["outcome", "at", "recorded_by", "recorded_at"]


@admin.register(Case)
class CaseAdmin(ReadMostlyAdmin):
    """To look cases up, and to decide several at once."""

    list_display = [
        "external_id",
        "title",
        "status",
        "decision",
        "recommended",
        "confidence",
        "created_at",
    ]
    list_filter = ["status", Recommended, Decided, "blind", "created_at"]
    search_fields = ["external_id", "title"]
    view_on_site = on_the_pages("mlops:case")
    inlines = [ReviewInline, OutcomeInline]
    actions = ["approve_selected", "send_back_selected", "reject_selected"]
    fields = [
        "external_id",
        "title",
        "status",
        "decision",
        "facts_listed",
        "protected_listed",
        "recommended",
        "confidence",
        "rationale",
        "blind",
        "created_at",
        "created_by",
        "updated_at",
    ]
    has_review_permission = may("training.review_case")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Protected attributes and recommendations cannot be guessed by a lookup in the
        address."""
        if lookup.startswith("protected"):
            return False
        if lookup.startswith("recommended_") and lookup != Recommended.parameter_name:
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        may = request.user.has_perm(READ_PROTECTED)
        return [name for name in fields if may or name != "protected_listed"]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The access log names the case before its protected attributes are shown."""
        case = self.get_object(request, unquote(object_id))
        if case is not None and case.protected and self._shows_protected(request):
            note_protected(requester_of(request), [case.pk])
        return super().change_view(request, object_id, *args, **kwargs)

    def _shows_protected(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(
            READ_PROTECTED
        )

    @admin.display(description=_("recommended decision"))
    def recommended(self, case: Case) -> str:
        return case.recommended_decision if case.shows_recommendation else ""

    @admin.display(description=_("recommended confidence"))
    def confidence(self, case: Case) -> float | None:
        return case.recommended_confidence if case.shows_recommendation else None

    @admin.display(description=_("recommended rationale"))
    def rationale(self, case: Case) -> str:
        return case.recommended_rationale if case.shows_recommendation else ""

    @admin.display(description=_("facts"))
    def facts_listed(self, case: Case) -> SafeString:
        return as_list((fact["name"], fact["value"]) for fact in case.facts)

    @admin.display(description=_("protected attributes"))
    def protected_listed(self, case: Case) -> SafeString:
        return as_list(case.protected.items())

    @admin.action(
        description=_("Agree with the recommendation of the selected cases"),
        permissions=["review"],
    )
    def approve_selected(self, request: AuthedRequest, chosen: QuerySet[Case]) -> None:
        by, source = request.user, ReviewSource.BULK
        for_each(
            self,
            request,
            chosen,
            lambda case: approve_case(case, ReviewInput(), by=by, source=source),
        )

    @admin.action(description=_("Send the selected cases back"), permissions=["review"])
    def send_back_selected(
        self, request: AuthedRequest, chosen: QuerySet[Case]
    ) -> None:
        by, source = request.user, ReviewSource.ADMIN
        verb = partial(request_changes, by=by, source=source)
        for_each(self, request, chosen, verb)

    @admin.action(description=_("Reject the selected cases"), permissions=["review"])
    def reject_selected(self, request: AuthedRequest, chosen: QuerySet[Case]) -> None:
        verb = partial(reject_case, by=request.user, source=ReviewSource.ADMIN)
        for_each(self, request, chosen, verb)


@admin.register(Review)
class ReviewAdmin(ReadMostlyAdmin):
    """Append-only; the database refuses changes too."""

    list_display = ["at", "case", "action", "decision", "confidence", "by", "source"]
    list_filter = ["action", "source", "by", "at"]
    list_select_related = ["case", "by"]
    search_fields = ["case__external_id", "reasoning", "rationale"]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only who may see how long people read (`see_reading`) sees it here."""
        if request.user.has_perm("training.see_reading"):
            return super().get_exclude(request, obj)
        return ["active_seconds", "reading"]


@admin.register(CaseOutcome)
class CaseOutcomeAdmin(ReadMostlyAdmin):
    list_display = ["case", "outcome", "at", "recorded_by", "recorded_at"]
    list_filter = ["outcome", "at"]
    list_select_related = ["case", "recorded_by"]
    search_fields = ["case__external_id", "outcome"]


@admin.register(CaseRevision)
class CaseRevisionAdmin(ReadMostlyAdmin):
    """Cases as they were before a correction, without protected attributes."""

    list_display = ["case", "at", "by", "content_sha256"]
    list_filter = ["at"]
    list_select_related = ["case", "by"]
    search_fields = ["case__external_id"]
    fields = ["case", "at", "by", "facts_listed", "content_sha256"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The hidden content cannot be guessed by a lookup in the address."""
        if lookup.startswith("content__"):
            return False
        return super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("facts"))
    def facts_listed(self, row: CaseRevision) -> SafeString:
        return as_list((fact["name"], fact["value"]) for fact in row.content["facts"])


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadMostlyAdmin):
    list_display = [
        "number",
        "name",
        "status",
        "sample_count",
        "created_at",
        "sealed_at",
        "sealed_by",
        "sha256",
    ]
    list_filter = ["status", "sealed_at"]
    list_select_related = ["sealed_by"]
    search_fields = ["name", "sha256"]
    view_on_site = on_the_pages("mlops:training-dataset")
    actions = ["seal_selected"]
    has_seal_permission = may("training.seal_datasetversion")

    @admin.action(description=_("Seal the selected versions"), permissions=["seal"])
    def seal_selected(
        self, request: AuthedRequest, chosen: QuerySet[DatasetVersion]
    ) -> None:
        for_each(self, request, chosen, partial(seal_version, by=request.user))


@admin.register(Sample)
class SampleAdmin(ReadMostlyAdmin):
    list_display = [
        "case",
        "decision",
        "gate_status",
        "held_out",
        "in_from",
        "in_until",
        "created_at",
    ]
    list_filter = ["gate_status", "held_out", "decision", "in_from", "created_at"]
    list_select_related = ["case", "in_from", "in_until"]
    search_fields = ["case__external_id"]
