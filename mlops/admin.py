"""Models, serving and the mirror in the admin: to look at, and to act by services."""

from functools import partial

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mlops.mirror.outbox import try_again
from mlops.models import (
    BreakGlass,
    FreezeWindow,
    MirroredExperiment,
    MirroredVersion,
    ModelVersion,
    OutboxEvent,
    Prediction,
    PromotionDecision,
    Rehearsal,
    ServingPeriod,
    ServingState,
    WithdrawnAcceptance,
)
from mlops.serving.model_registry import check_version
from mlops.serving.selection import release_hold, select_version
from preciso.admin_base import ReadMostlyAdmin, do_to_each, may, on_the_pages
from preciso.http import AuthedRequest
from training.errors import DomainError, NotAllowedNow

for_each = partial(do_to_each, refused=DomainError)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadMostlyAdmin):
    """Versions that may not serve stay visible, with the reason."""

    list_display = [
        "__str__",
        "flavor",
        "eligible",
        "problem",
        "run",
        "created_at",
        "checked_at",
        "sha256",
    ]
    list_filter = ["name", "problem", "flavor", "created_at"]
    list_select_related = ["run"]
    search_fields = ["name", "sha256", "=version"]
    view_on_site = on_the_pages("mlops:model")
    actions = ["select_chosen", "check_chosen"]
    has_select_permission = may("mlops.select_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return ModelVersion.objects.with_withdrawn()

    @admin.display(description=_("may serve"), boolean=True)
    def eligible(self, version: ModelVersion) -> bool:
        return version.is_eligible

    @admin.action(
        description=_("Let the selected version serve"), permissions=["select"]
    )
    def select_chosen(
        self, request: AuthedRequest, chosen: QuerySet[ModelVersion]
    ) -> None:
        for_each(self, request, chosen, partial(_select_alone, chosen, request))

    @admin.action(
        description=_("Check the files of the selected versions again"),
        permissions=["select"],
    )
    def check_chosen(
        self, request: AuthedRequest, chosen: QuerySet[ModelVersion]
    ) -> None:
        for_each(self, request, chosen, check_version)


def _select_alone(
    chosen: QuerySet[ModelVersion], request: AuthedRequest, version: ModelVersion
) -> None:
    if chosen.count() > 1:
        raise NotAllowedNow(_("Exactly one model serves: choose one version."))
    select_version(version, by=request.user, reason=str(_("Selected in the admin")))


@admin.register(ServingPeriod)
class ServingPeriodAdmin(ReadMostlyAdmin):
    """What served when. Append-only; the database refuses changes too."""

    list_display = ["model_version", "since", "until", "kind", "by", "reason"]
    list_filter = ["kind", "by", "since"]
    list_select_related = ["model_version", "by"]
    search_fields = ["model_version__name", "=model_version__version", "reason"]


@admin.register(ServingState)
class ServingStateAdmin(ReadMostlyAdmin):
    list_display = ["__str__", "hold_since", "hold_by", "hold_reason"]
    list_select_related = ["hold_by"]
    actions = ["release"]
    has_release_permission = may("mlops.release_hold")

    @admin.action(
        description=_("Lift the hold on automatic promotion"), permissions=["release"]
    )
    def release(self, request: AuthedRequest, chosen: QuerySet[ServingState]) -> None:
        for_each(self, request, chosen, lambda _state: release_hold(by=request.user))


@admin.register(FreezeWindow)
class FreezeWindowAdmin(ReadMostlyAdmin):
    """When nothing new is selected. Planned and called off on the Models page."""

    list_display = ["name", "starts_at", "ends_at", "created_by", "canceled_at"]
    list_filter = ["starts_at", "canceled_at"]
    list_select_related = ["created_by"]
    search_fields = ["name"]


@admin.register(BreakGlass)
class BreakGlassAdmin(ReadMostlyAdmin):
    """Who asked for a switch in a freeze, and who confirmed it."""

    list_display = [
        "model_version",
        "freeze",
        "requested_by",
        "requested_at",
        "reason",
        "decided_by",
        "period",
    ]
    list_filter = ["freeze", "requested_at"]
    list_select_related = [
        "model_version",
        "freeze",
        "requested_by",
        "decided_by",
        "period__model_version",
    ]
    search_fields = ["model_version__name", "reason"]


@admin.register(WithdrawnAcceptance)
class WithdrawnAcceptanceAdmin(ReadMostlyAdmin):
    list_display = ["model_version", "samples", "by", "reason", "at"]
    list_filter = ["by", "at"]
    list_select_related = ["model_version", "by"]
    search_fields = ["model_version__name", "reason"]


@admin.register(PromotionDecision)
class PromotionDecisionAdmin(ReadMostlyAdmin):
    """Whether a new version took over by itself, and why. Append-only."""

    list_display = ["at", "model_version", "champion", "promoted", "period"]
    list_filter = ["promoted", "at"]
    list_select_related = ["model_version", "champion", "period__model_version"]
    search_fields = ["model_version__name"]


@admin.register(Rehearsal)
class RehearsalAdmin(ReadMostlyAdmin):
    """What a switch would have changed. Append-only."""

    list_display = [
        "at",
        "model_version",
        "serving",
        "cases",
        "changed",
        "away",
        "towards",
        "learnt",
        "by",
    ]
    list_filter = ["model_version", "by", "at"]
    list_select_related = ["model_version", "serving", "by"]
    search_fields = ["model_version__name"]


@admin.register(Prediction)
class PredictionAdmin(ReadMostlyAdmin):
    list_display = [
        "at",
        "external_id",
        "decision",
        "confidence",
        "model_version",
        "by",
    ]
    list_filter = ["at"]
    list_select_related = ["model_version", "by"]
    search_fields = ["=external_id", "=model_version__version"]


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadMostlyAdmin):
    list_display = [
        "id",
        "kind",
        "created_at",
        "tries",
        "try_after",
        "delivered_at",
        "last_error",
    ]
    list_filter = ["kind", ("delivered_at", admin.EmptyFieldListFilter), "created_at"]
    search_fields = ["key", "last_error"]
    actions = ["try_again_now"]
    has_retry_permission = may("training.retry_pipelinejob")

    @admin.action(description=_("Tell MLflow again now"), permissions=["retry"])
    def try_again_now(
        self, request: AuthedRequest, chosen: QuerySet[OutboxEvent]
    ) -> None:
        for_each(self, request, chosen, partial(try_again, by=request.user))


@admin.register(MirroredExperiment)
class MirroredExperimentAdmin(ReadMostlyAdmin):
    list_display = ["name", "mlflow_id", "seen_at"]
    list_filter = ["seen_at"]
    search_fields = ["name"]


@admin.register(MirroredVersion)
class MirroredVersionAdmin(ReadMostlyAdmin):
    list_display = [
        "model_version",
        "mlflow_name",
        "mlflow_version",
        "mlflow_run_id",
        "seen_at",
    ]
    list_filter = ["mlflow_name", "seen_at"]
    list_select_related = ["model_version"]
    search_fields = ["mlflow_name", "mlflow_run_id"]
