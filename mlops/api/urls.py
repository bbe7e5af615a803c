"""Addresses of the API below /api/v1/: from model version to users."""

from django.urls import path

from mlops.api import mlflow, models, predict, serving, status

urlpatterns = [
    path("models", models.Models.as_view(), name="api-models"),
    path("models/<str:id>", models.OneModel.as_view(), name="api-model"),
    path(
        "models/<str:id>/lineage",
        models.ModelLineage.as_view(),
        name="api-model-lineage",
    ),
    path("serving", serving.Serving.as_view(), name="api-serving"),
    path("serving/history", serving.History.as_view(), name="api-serving-history"),
    path("serving/at", serving.ServingAt.as_view(), name="api-serving-at"),
    path("serving/select", serving.Select.as_view(), name="api-serving-select"),
    path("serving/rollback", serving.RollBack.as_view(), name="api-serving-rollback"),
    path(
        "serving/hold/release",
        serving.ReleaseHold.as_view(),
        name="api-serving-hold-release",
    ),
    path("predict", predict.Predict.as_view(), name="api-predict"),
    path("status", status.Status.as_view(), name="api-status"),
    *mlflow.urlpatterns,
]
