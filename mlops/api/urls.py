"""Addresses of the API below /api/v1/: from model version to users."""

from django.urls import path

from mlops.api import (
    agreement,
    differences,
    evidence,
    freezes,
    influence,
    lineage,
    mlflow,
    models,
    off_switch,
    predict,
    rehearsals,
    serving,
    status,
)

urlpatterns = [
    path(
        "cases/<str:id>/influence",
        influence.CaseInfluence.as_view(),
        name="api-case-influence",
    ),
    path(
        "cases/<str:id>/lineage",
        lineage.CaseLineage.as_view(),
        name="api-case-lineage",
    ),
    path(
        "reviews/<str:id>/influence",
        lineage.ReviewInfluenceView.as_view(),
        name="api-review-influence",
    ),
    path(
        "predictions/<str:id>/lineage",
        lineage.PredictionLineage.as_view(),
        name="api-prediction-lineage",
    ),
    path("models", models.Models.as_view(), name="api-models"),
    path("models/<str:id>", models.OneModel.as_view(), name="api-model"),
    path(
        "models/<str:id>/lineage",
        models.ModelLineage.as_view(),
        name="api-model-lineage",
    ),
    path(
        "models/<str:id>/differences",
        differences.Differences.as_view(),
        name="api-model-differences",
    ),
    path(
        "models/<str:id>/evidence",
        evidence.Evidence.as_view(),
        name="api-model-evidence",
    ),
    path(
        "models/<str:id>/quarantine",
        models.Quarantine.as_view(),
        name="api-model-quarantine",
    ),
    path(
        "models/<str:id>/quarantine/lift",
        models.LiftQuarantine.as_view(),
        name="api-model-quarantine-lift",
    ),
    path(
        "models/<str:id>/fallback",
        off_switch.NameFallback.as_view(),
        name="api-model-fallback",
    ),
    path(
        "models/<str:id>/fallback/clear",
        off_switch.ClearFallback.as_view(),
        name="api-model-fallback-clear",
    ),
    path(
        "models/<str:id>/accept-withdrawn",
        models.AcceptWithdrawn.as_view(),
        name="api-model-accept-withdrawn",
    ),
    path("serving", serving.Serving.as_view(), name="api-serving"),
    path("serving/history", serving.History.as_view(), name="api-serving-history"),
    path("serving/at", serving.ServingAt.as_view(), name="api-serving-at"),
    path(
        "serving/agreement",
        agreement.ServingAgreement.as_view(),
        name="api-serving-agreement",
    ),
    path("serving/select", serving.Select.as_view(), name="api-serving-select"),
    path("serving/rollback", serving.RollBack.as_view(), name="api-serving-rollback"),
    path(
        "serving/hold/release",
        serving.ReleaseHold.as_view(),
        name="api-serving-hold-release",
    ),
    path("serving/stop", off_switch.StopServing.as_view(), name="api-serving-stop"),
    path("serving/start", off_switch.StartServing.as_view(), name="api-serving-start"),
    path(
        "serving/fallback",
        off_switch.SwitchToFallback.as_view(),
        name="api-serving-fallback",
    ),
    path("serving/freezes", freezes.Freezes.as_view(), name="api-serving-freezes"),
    path(
        "serving/freezes/<str:id>/call-off",
        freezes.CallOff.as_view(),
        name="api-serving-freeze-call-off",
    ),
    path(
        "serving/break-glass",
        freezes.BreakGlassRequests.as_view(),
        name="api-serving-break-glass",
    ),
    path(
        "serving/break-glass/<str:id>/confirm",
        freezes.ConfirmSwitch.as_view(),
        name="api-serving-break-glass-confirm",
    ),
    path(
        "serving/break-glass/<str:id>/refuse",
        freezes.RefuseSwitch.as_view(),
        name="api-serving-break-glass-refuse",
    ),
    path(
        "serving/rehearse", rehearsals.Rehearse.as_view(), name="api-serving-rehearse"
    ),
    path(
        "serving/rehearsals/<str:id>",
        rehearsals.OneRehearsal.as_view(),
        name="api-serving-rehearsal",
    ),
    path("predict", predict.Predict.as_view(), name="api-predict"),
    path("status", status.Status.as_view(), name="api-status"),
    *mlflow.urlpatterns,
]
