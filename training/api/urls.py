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
    path("access-log", access_log.AccessLogList.as_view(), name="api-access-log"),
    path("cases", cases.CaseListView.as_view(), name="api-cases"),
    path("cases/import", imports.ImportCases.as_view(), name="api-cases-import"),
    path("cases/<str:id>", cases.CaseDetail.as_view(), name="api-case"),
    path(
        "cases/<str:id>/outcome", cases.RecordOutcome.as_view(), name="api-case-outcome"
    ),
    path("approvals/bulk", approvals.ApproveCases.as_view(), name="api-approve-many"),
    path(
        "approvals/cases/<str:id>/approve",
        approvals.ApproveCase.as_view(),
        name="api-approve",
    ),
    path(
        "approvals/cases/<str:id>/reject",
        approvals.RejectCase.as_view(),
        name="api-reject",
    ),
    path(
        "approvals/cases/<str:id>/request-changes",
        approvals.RequestChanges.as_view(),
        name="api-request-changes",
    ),
    path(
        "approvals/cases/<str:id>/withdraw",
        approvals.WithdrawApproval.as_view(),
        name="api-withdraw",
    ),
    path("datasets/versions", datasets.DatasetList.as_view(), name="api-datasets"),
    path(
        "datasets/versions/<str:id>",
        datasets.DatasetDetail.as_view(),
        name="api-dataset",
    ),
    path(
        "datasets/versions/<str:id>/compare",
        datasets.CompareDatasets.as_view(),
        name="api-dataset-compare",
    ),
    path(
        "datasets/versions/<str:id>/seal",
        datasets.SealDataset.as_view(),
        name="api-seal",
    ),
    path(
        "datasets/versions/<str:id>/samples",
        datasets.SampleList.as_view(),
        name="api-samples",
    ),
    path(
        "datasets/versions/<str:id>/download",
        datasets.DownloadDataset.as_view(),
        name="api-download",
    ),
    path("training/run", runs.SubmitRun.as_view(), name="api-training-run"),
    path("training/runs", runs.RunList.as_view(), name="api-runs"),
    path("training/runs/<str:id>", runs.RunDetail.as_view(), name="api-run"),
    path("training/auto", auto.AutoPolicy.as_view(), name="api-auto"),
    path(
        "training/auto/simulate",
        auto.SimulatePolicy.as_view(),
        name="api-auto-simulate",
    ),
    path(
        "training/loosenings",
        loosening.LooseningList.as_view(),
        name="api-loosenings",
    ),
    path(
        "training/loosenings/<str:id>/confirm",
        loosening.ConfirmLoosening.as_view(),
        name="api-loosening-confirm",
    ),
    path(
        "training/loosenings/<str:id>/decline",
        loosening.DeclineLoosening.as_view(),
        name="api-loosening-decline",
    ),
    path("training/budget", budget.BudgetStatus.as_view(), name="api-budget"),
    path("training/estimate", budget.EstimateView.as_view(), name="api-estimate"),
    path("training/decisions", auto.DecisionList.as_view(), name="api-decisions"),
    path("pipeline/jobs", pipeline.JobList.as_view(), name="api-jobs"),
    path("pipeline/jobs/<str:id>", pipeline.JobDetail.as_view(), name="api-job"),
    path("pipeline/jobs/<str:id>/log", pipeline.JobLog.as_view(), name="api-job-log"),
    path(
        "pipeline/jobs/<str:id>/events",
        pipeline.JobEventList.as_view(),
        name="api-job-events",
    ),
    path(
        "pipeline/jobs/<str:id>/cancel",
        pipeline.CancelJob.as_view(),
        name="api-job-cancel",
    ),
    path(
        "pipeline/jobs/<str:id>/retry",
        pipeline.RetryJob.as_view(),
        name="api-job-retry",
    ),
]
