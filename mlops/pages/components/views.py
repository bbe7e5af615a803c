"""Every component in one place, for whoever builds pages; only where DEBUG is on."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from mlops.health import BLOCKER, Check
from mlops.pages.jobs import job_page
from mlops.pages.shared import system_status
from preciso.http import AuthedRequest
from training.choices import JobKind, JobStatus
from training.models import JobLogLine, PipelineJob

STATUSES = [*JobStatus, "candidate", "needs_review", "open", "sealed", "serving", "on"]
NOTES = ["good", "info", "warn", "bad"]


class SampleForm(forms.Form):
    """One field that is fine, one that is wrong."""

    name = forms.CharField(max_length=100, help_text="As it is called in the books.")
    amount = forms.IntegerField(max_value=10)
    agreed = forms.BooleanField(label="I have read it", required=False)


@require_GET
@permission_required("training.view_case", raise_exception=True)
def page(request: AuthedRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    return render(request, "mlops/components/page.html", _samples())


def _samples() -> dict[str, Any]:
    return {
        "statuses": [(str(status), str(status)) for status in STATUSES],
        "notes": NOTES,
        "form": SampleForm({"name": "Loans", "amount": "12"}),
        "page_obj": Paginator(range(90), 10).get_page(2),
        "rules": [
            {"label": "Enough new samples", "ok": True, "figures": "20 of 20"},
            {"label": "A pause since the last training", "ok": False, "figures": ""},
        ],
        "check": Check("sample", False, BLOCKER, "The disk is full.", "Make room."),
        "severity": system_status.SEVERITY,
        **_job(),
        **_charts(),
    }


def _job() -> dict[str, Any]:
    now = timezone.now()
    job = PipelineJob(
        kind=JobKind.TRAIN,
        status=JobStatus.PROCESSING,
        progress=0.4,
        progress_note="Reading the approved cases",
        progress_step={"code": "reading_cases", "params": {}},
        created_at=now,
        started_at=now,
    )
    texts = ["reading 300 cases", "round 1 of 8: log loss 0.52", "round 2 of 8"]
    lines = [
        JobLogLine(seq=seq, attempt=1, text=text) for seq, text in enumerate(texts, 1)
    ]
    return {
        "job": job,
        "left": "about 3 minutes left",
        "boxes": job_page.path(job),
        "lines": lines,
        "after": len(lines),
    }


def _charts() -> dict[str, Any]:
    steps = range(1, 21)
    return {
        "curves": [
            ("loss", [(step, 1 / step) for step in steps]),
            ("eval_loss", [(step, 1.2 / step) for step in steps]),
        ],
        "bars": [(f"{day} May", day % 5, day % 3) for day in range(1, 15)],
        "bins": [
            {"confidence": c, "share": {"value": c, "low": c - 0.05, "high": c + 0.04}}
            for c in (0.6, 0.75, 0.9)
        ],
    }
