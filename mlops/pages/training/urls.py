"""The addresses of Training, its datasets and decisions."""

from django.urls import path

from mlops.pages.training import (
    answer_difference_views,
    dataset_views,
    decision_views,
    sample_views,
    views,
)

urlpatterns = [
    path("mlops/training/", views.page, name="training"),
    path("mlops/training/last-run/", views.last_run, name="training-last-run"),
    path("mlops/training/auto/", views.switch_auto, name="training-auto"),
    path("mlops/training/decisions/", decision_views.page, name="training-decisions"),
    path("mlops/training/schedule/", views.set_schedule, name="training-schedule"),
    path(
        "mlops/training/schedule/reading/",
        views.schedule_reading,
        name="training-schedule-reading",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/",
        dataset_views.one,
        name="training-dataset",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/compare/",
        dataset_views.compare,
        name="training-compare",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/learn/",
        dataset_views.train,
        name="training-dataset-train",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/batch/",
        views.batch,
        name="training-batch",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/train/",
        views.train_again,
        name="training-again",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/samples/",
        sample_views.page,
        name="training-samples",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/download/",
        views.download,
        name="training-download",
    ),
    path(
        "mlops/models/<int:version_id>/differences/",
        answer_difference_views.page,
        name="model-differences",
    ),
]
