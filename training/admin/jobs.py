"""Jobs, runs, why Auto trained, and who works."""

from functools import partial

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from preciso.admin_base import (
    ReadMostlyAdmin,
    ReadOnlyInline,
    do_to_each,
    may,
    on_the_pages,
)
from preciso.http import AuthedRequest
from training.admin.filters import ByReason
from training.errors import DomainError
from training.models import (
    AutoDecision,
    BudgetEntry,
    JobAttempt,
    JobEvent,
    Loosening,
    PipelineJob,
    TrainingPolicy,
    TrainingRun,
    WorkerBeat,
)
from training.models.four_eyes_policy import FourEyesPolicy
from training.models.policy import (
    AutoTrainingPolicy,
    BudgetPolicy,
    GatePolicy,
    PromotionPolicy,
)
from training.services.budget.quotes import cost_of, money
from training.services.runs.job_actions import cancel_job, put_aside, retry_job


def fields_of(part: type[Model]) -> tuple[str, ...]:
    """The fields that a part of the policy adds to it."""
    return tuple(field.name for field in part._meta.local_fields)


for_each = partial(do_to_each, refused=DomainError)


class AttemptInline(ReadOnlyInline):
    model = JobAttempt
    fields = ["number", "worker", "started_at", "ended_at", "outcome", "reason"]


class EventInline(ReadOnlyInline):
    model = JobEvent
    fields = ["at", "attempt", "was", "became", "by", "actor", "reason", "note"]


@admin.register(PipelineJob)
class PipelineJobAdmin(ReadMostlyAdmin):
    list_display = [
        "id",
        "kind",
        "flow",
        "status",
        "attempt",
        "reason",
        "progress",
        "created_by",
        "created_at",
        "finished_at",
        "page",
    ]
    list_filter = ["status", "kind", "flow", ("reason", ByReason), "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["=id", "worker", "reason"]
    view_on_site = on_the_pages("mlops:job")
    inlines = [AttemptInline, EventInline]
    actions = ["cancel_selected", "retry_selected", "put_selected_aside"]
    has_cancel_permission = may("training.cancel_pipelinejob")
    has_retry_permission = may("training.retry_pipelinejob")

    @admin.display(description=_("log and progress"))
    def page(self, job: PipelineJob) -> SafeString:
        url = reverse("mlops:job", args=[job.pk])
        return format_html('<a href="{}">{}</a>', url, _("Open the page"))

    @admin.action(description=_("Cancel the selected jobs"), permissions=["cancel"])
    def cancel_selected(
        self, request: AuthedRequest, chosen: QuerySet[PipelineJob]
    ) -> None:
        for_each(self, request, chosen, partial(cancel_job, by=request.user))

    @admin.action(description=_("Retry the selected jobs"), permissions=["retry"])
    def retry_selected(
        self, request: AuthedRequest, chosen: QuerySet[PipelineJob]
    ) -> None:
        for_each(self, request, chosen, partial(retry_job, by=request.user))

    @admin.action(
        description=_("Put the selected dead letters aside"), permissions=["retry"]
    )
    def put_selected_aside(
        self, request: AuthedRequest, chosen: QuerySet[PipelineJob]
    ) -> None:
        for_each(self, request, chosen, partial(put_aside, by=request.user))


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadMostlyAdmin):
    list_display = [
        "id",
        "model_name",
        "trainer",
        "state",
        "dataset_version",
        "job",
        "mlflow_run_id",
    ]
    list_filter = ["trainer", "model_name", "job__status"]
    list_select_related = ["job", "dataset_version"]
    search_fields = ["=id", "model_name", "mlflow_run_id", "notes"]
    view_on_site = on_the_pages("mlops:job", by="job_id")

    @admin.display(description=_("status"), ordering="job__status")
    def state(self, run: TrainingRun) -> str:
        return str(run.status.label)


@admin.register(TrainingPolicy)
class TrainingPolicyAdmin(ReadMostlyAdmin):
    """Changed on the settings page, which says what each rule does."""

    list_display = [
        "__str__",
        "auto_enabled",
        "min_new_samples",
        "cooldown_minutes",
        "runs_per_day",
        "batch_schedule",
        "budget_minutes_per_day",
        "promote_enabled",
        "updated_at",
    ]
    fieldsets = [
        (_("What is learnt from"), {"fields": fields_of(GatePolicy)}),
        (_("When Auto trains"), {"fields": fields_of(AutoTrainingPolicy)}),
        (_("Budget"), {"fields": fields_of(BudgetPolicy)}),
        (_("Who takes over"), {"fields": fields_of(PromotionPolicy)}),
        (_("Four eyes"), {"fields": fields_of(FourEyesPolicy)}),
        (None, {"fields": ["updated_at"]}),
    ]


@admin.register(Loosening)
class LooseningAdmin(ReadMostlyAdmin):
    """Asked for and confirmed on the settings page, by two people."""

    list_display = [
        "rule",
        "share_from",
        "share_to",
        "status",
        "asked_by",
        "asked_at",
        "decided_by",
        "decided_at",
    ]
    list_filter = ["rule", "status", "asked_at"]
    list_select_related = ["asked_by", "decided_by"]
    search_fields = ["reason"]


@admin.register(AutoDecision)
class AutoDecisionAdmin(ReadMostlyAdmin):
    list_display = ["at", "trigger", "due_at", "submitted", "case", "job", "failing"]
    list_filter = ["trigger", "submitted", "at"]
    list_select_related = ["case", "job"]
    search_fields = ["case__external_id"]

    @admin.display(description=_("rules that said no"))
    def failing(self, decision: AutoDecision) -> str:
        return ", ".join(rule["rule"] for rule in decision.rules if not rule["ok"])


@admin.register(BudgetEntry)
class BudgetEntryAdmin(ReadMostlyAdmin):
    list_display = [
        "job",
        "charged_on",
        "reserved_minutes",
        "minutes",
        "cost",
        "settled_at",
    ]
    list_filter = ["charged_on", "job__flow", "job__status"]
    list_select_related = ["job"]
    search_fields = ["=job__id"]

    @admin.display(description=_("cost"))
    def cost(self, entry: BudgetEntry) -> str:
        return money(cost_of(entry))


@admin.register(WorkerBeat)
class WorkerBeatAdmin(ReadMostlyAdmin):
    list_display = ["name", "host", "pid", "started_at", "beat_at"]
    list_filter = ["host", "beat_at"]
    search_fields = ["name", "host"]
    date_hierarchy = "beat_at"
