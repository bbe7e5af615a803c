"""Addresses of the API below /api/v1/: from case to training run."""

from django.urls import path

from training.api import (
    access_log,
    approvals,
    auto,
    budget,
    cases,
    datasets,
    imports,
    loosening,
    pipeline,
    runs,
)

urlpatterns = [
    path("access-log", access_log.AccessLog.as_view(), name="api-access-log"),
    path("cases", cases.Cases.as_view(), name="api-cases"),
    path("cases/import", imports.ImportCases.as_view(), name="api-cases-import"),
    path("cases/<str:id>", cases.OneCase.as_view(), name="api-case"),
    path("cases/<str:id>/outcome", cases.Outcome.as_view(), name="api-case-outcome"),
    path("approvals/bulk", approvals.ApproveMany.as_view(), name="api-approve-many"),
    path(
        "approvals/cases/<str:id>/approve",
        approvals.Approve.as_view(),
        name="api-approve",
    ),
    path(
        "approvals/cases/<str:id>/reject", approvals.Reject.as_view(), name="api-reject"
    ),
    path(
        "approvals/cases/<str:id>/request-changes",
        approvals.RequestChanges.as_view(),
        name="api-request-changes",
    ),
    path(
        "approvals/cases/<str:id>/withdraw",
        approvals.Withdraw.as_view(),
        name="api-withdraw",
    ),
    path("datasets/versions", datasets.DatasetVersions.as_view(), name="api-datasets"),
    path(
        "datasets/versions/<str:id>",
        datasets.OneDatasetVersion.as_view(),
        name="api-dataset",
    ),
    path(
        "datasets/versions/<str:id>/compare",
        datasets.Compare.as_view(),
        name="api-dataset-compare",
    ),
    path("datasets/versions/<str:id>/seal", datasets.Seal.as_view(), name="api-seal"),
    path(
        "datasets/versions/<str:id>/samples",
        datasets.Samples.as_view(),
        name="api-samples",
    ),
    path(
        "datasets/versions/<str:id>/download",
        datasets.Download.as_view(),
        name="api-download",
    ),
    path("training/run", runs.SubmitRun.as_view(), name="api-training-run"),
    path("training/runs", runs.Runs.as_view(), name="api-runs"),
    path("training/runs/<str:id>", runs.OneRun.as_view(), name="api-run"),
    path("training/auto", auto.Auto.as_view(), name="api-auto"),
    path("training/auto/simulate", auto.Simulate.as_view(), name="api-auto-simulate"),
    path(
        "training/loosenings",
        loosening.Loosenings.as_view(),
        name="api-loosenings",
    ),
    path(
        "training/loosenings/<str:id>/confirm",
        loosening.Confirm.as_view(),
        name="api-loosening-confirm",
    ),
    path(
        "training/loosenings/<str:id>/decline",
        loosening.Decline.as_view(),
        name="api-loosening-decline",
    ),
    path("training/budget", budget.Budget.as_view(), name="api-budget"),
    path("training/estimate", budget.Estimate.as_view(), name="api-estimate"),
    path("training/decisions", auto.Decisions.as_view(), name="api-decisions"),
    path("pipeline/jobs", pipeline.Jobs.as_view(), name="api-jobs"),
    path("pipeline/jobs/<str:id>", pipeline.OneJob.as_view(), name="api-job"),
    path("pipeline/jobs/<str:id>/log", pipeline.Log.as_view(), name="api-job-log"),
    path(
        "pipeline/jobs/<str:id>/events",
        pipeline.Events.as_view(),
        name="api-job-events",
    ),
    path(
        "pipeline/jobs/<str:id>/cancel",
        pipeline.Cancel.as_view(),
        name="api-job-cancel",
    ),
    path(
        "pipeline/jobs/<str:id>/retry", pipeline.Retry.as_view(), name="api-job-retry"
    ),
]
