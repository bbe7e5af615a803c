"""What benchmarks/pages.py asks for: every page, its filters, its first and last page,
the admin's lists and the API's."""

from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from mlops.models import ModelVersion, Prediction
from training.models import (
    AuditEvent,
    AutoDecision,
    Case,
    DatasetVersion,
    PipelineJob,
    Review,
    Sample,
)

RULE_GROUP = "when-auto-trains"


def pages() -> dict[str, str]:
    return {**lists(), **single(), **oversight(), **admin_lists(), **api()}


def paged(name: str, address: str, count: int, size: int) -> dict[str, str]:
    """The first page of a list, the second and the last."""
    sep = "&" if "?" in address else "?"
    last = max(1, -(-count // size))
    return {
        name: address,
        f"{name}, page 2": f"{address}{sep}page=2",
        f"{name}, last page": f"{address}{sep}page={last}",
    }


def lists() -> dict[str, str]:
    cases, jobs = reverse("mlops:approvals"), reverse("mlops:jobs")
    decisions = reverse("mlops:training-decisions")
    found = {
        **paged("approvals", cases, Case.objects.awaiting_approval().count(), 25),
        **paged("approvals all", f"{cases}?status=all", Case.objects.count(), 25),
        **paged(
            "approvals approved",
            f"{cases}?status=approved",
            Case.objects.approved().count(),
            25,
        ),
        "approvals rejected": f"{cases}?status=rejected",
        "approvals search number": f"{cases}?status=all&q=S-77777",
        "approvals search word": f"{cases}?status=all&q=mortgage",
        "approvals search nothing": f"{cases}?status=all&q=nowhere+to+be+found",
        **paged("jobs", jobs, PipelineJob.objects.count(), 25),
    }
    for status in ("active", "waiting", "completed", "failed", "dead_letter"):
        found[f"jobs {status}"] = f"{jobs}?status={status}"
    wishes = {"kind": "train", "reason": "timeout", "discarded": "true", "days": "7"}
    for key, value in wishes.items():
        found[f"jobs {key}"] = f"{jobs}?{urlencode({key: value})}"
    return {
        **found,
        "dead letters": reverse("mlops:job-dead-letters"),
        **paged("decisions", decisions, AutoDecision.objects.count(), 25),
        "decisions done": f"{decisions}?submitted=true",
        "decisions not done": f"{decisions}?submitted=false",
        "decisions schedule": f"{decisions}?trigger=schedule",
        "decisions promotion": f"{decisions}?about=promotion",
    }


def single() -> dict[str, str]:
    open_version = DatasetVersion.objects.open().get()
    sealed = DatasetVersion.objects.sealed().order_by("-number")
    newest, oldest = sealed[0], sealed.reverse()[0]
    version = ModelVersion.objects.order_by("-pk")[0]
    case = Case.objects.approved().order_by("-pk")[0]
    waiting = Case.objects.awaiting_approval().order_by("pk")[0]
    job = version.run.job_id
    of_open = [open_version.pk]
    samples = reverse("mlops:training-samples", args=of_open)
    compare = reverse("mlops:training-compare", args=of_open)
    reviewer = Review.objects.order_by("-pk").values_list("by__username", flat=True)[0]
    return {
        "case waiting": reverse("mlops:case", args=[waiting.pk]),
        "case approved": reverse("mlops:case", args=[case.pk]),
        "case of long ago": reverse("mlops:case", args=[1]),
        "job": reverse("mlops:job", args=[job]),
        "job log": reverse("mlops:job-log", args=[job]),
        "job log, end": reverse("mlops:job-log", args=[job]) + "?after=199000",
        "job waiting": reverse("mlops:job", args=[PipelineJob.objects.latest("pk").pk]),
        "models": reverse("mlops:models"),
        "models, new cases": reverse("mlops:models-new-cases"),
        "models, last page": reverse("mlops:models") + "?page=50",
        "version": reverse("mlops:model", args=[version.pk]),
        "version of long ago": reverse("mlops:model", args=[1]),
        "answer": reverse("mlops:answer", args=[Prediction.objects.latest("pk").pk]),
        "dataset open": reverse("mlops:training-dataset", args=of_open),
        "dataset sealed": reverse("mlops:training-dataset", args=[newest.pk]),
        **paged("samples", samples, Sample.objects.count(), 50),
        "samples new": f"{samples}?part=new",
        "samples held out": f"{samples}?part=held-out",
        "samples withdrawn": f"{samples}?part=withdrawn",
        "samples decision": f"{samples}?decision=yes",
        "samples reviewer": f"{samples}?by={reviewer}",
        "samples source": f"{samples}?source=bulk",
        "compare with the last": f"{compare}?with={newest.pk}",
        "compare with the first": f"{compare}?with={oldest.pk}",
        "compare changed": f"{compare}?with={oldest.pk}&part=changed",
    }


def oversight() -> dict[str, str]:
    logs, events = reverse("mlops:logs"), AuditEvent.objects
    day = timezone.localdate().isoformat()
    names = ("overview", "training", "ops", "setup", "profile", "profile-sessions")
    names += ("settings", "settings-rules", "settings-people", "settings-roles")
    names += ("settings-tokens", "logs-service", "logs-access")
    wishes = {
        "person": {"person": "reviewer1"},
        "system": {"person": "system"},
        "area": {"area": "job"},
        "nothing": {"area": "serving"},
        "today": {"since": day},
        "long ago": {"until": "2025-01-31"},
        "chained": {"chain": "yes"},
        "not chained": {"chain": "no"},
        "person and area": {"person": "reviewer1", "area": "case"},
    }
    return {
        **{name: reverse(f"mlops:{name}") for name in names},
        "training last run": reverse("mlops:training-last-run"),
        "settings-rule-group": reverse("mlops:settings-rule-group", args=[RULE_GROUP]),
        **paged("logs", logs, events.count(), 50),
        **{f"logs {key}": f"{logs}?{urlencode(wish)}" for key, wish in wishes.items()},
    }


def admin_lists() -> dict[str, str]:
    ours = [*apps.get_app_config("training").get_models()]
    ours += apps.get_app_config("mlops").get_models()
    found = {"admin": reverse("admin:index")}
    for model in ours:
        if admin.site.is_registered(model):
            name, label = model._meta.model_name, model._meta.app_label
            found[f"admin {name}"] = reverse(f"admin:{label}_{name}_changelist")
    for model, text in (
        (Case, "S-77777"),
        (AuditEvent, "S-77777"),
        (Prediction, "S-7"),
    ):
        name, label = model._meta.model_name, model._meta.app_label
        address = reverse(f"admin:{label}_{name}_changelist")
        found[f"admin {name} search"] = f"{address}?q={text}"
    return found


def api() -> dict[str, str]:
    open_version = DatasetVersion.objects.open().get()
    version = ModelVersion.objects.order_by("-pk")[0]
    job = version.run.job_id
    names = ("cases", "datasets", "runs", "decisions", "jobs", "models")
    of_open = [open_version.pk]
    sealed = DatasetVersion.objects.sealed().order_by("number")[0]
    return {
        **{f"API {name}": reverse(f"api-{name}") for name in names},
        "API cases waiting": reverse("api-cases") + "?status=awaiting_review",
        "API cases search": reverse("api-cases") + "?q=S-77777",
        "API cases reviewer": reverse("api-cases") + "?reviewed_by=reviewer1",
        "API case": reverse("api-case", args=[1]),
        "API case influence": reverse("api-case-influence", args=[1]),
        "API case lineage": reverse("api-case-lineage", args=[1]),
        "API dataset open": reverse("api-dataset", args=of_open),
        "API samples": reverse("api-samples", args=of_open),
        "API compare": reverse("api-dataset-compare", args=of_open)
        + f"?with={sealed.pk}",
        "API runs failed": reverse("api-runs") + "?status=failed",
        "API jobs failed": reverse("api-jobs") + "?status=failed",
        "API job log": reverse("api-job-log", args=[job]),
        "API job events": reverse("api-job-events", args=[job]),
        "API auto": reverse("api-auto"),
        "API budget": reverse("api-budget"),
        "API estimate": reverse("api-estimate"),
        "API model": reverse("api-model", args=[version.pk]),
        "API model lineage": reverse("api-model-lineage", args=[version.pk]),
        "API serving": reverse("api-serving"),
        "API serving history": reverse("api-serving-history"),
        "API serving agreement": reverse("api-serving-agreement"),
        "API serving freezes": reverse("api-serving-freezes"),
        "API access log": reverse("api-access-log"),
        "API loosenings": reverse("api-loosenings"),
        "API review influence": reverse("api-review-influence", args=[1]),
        "API prediction lineage": reverse("api-prediction-lineage", args=[1]),
        "API status": reverse("api-status"),
    }
