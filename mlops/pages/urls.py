"""The pages. Reading is GET, doing is POST; each name says what it is."""

from django.urls import include, path

app_name = "mlops"

urlpatterns = [
    path("", include("mlops.pages.overview.urls")),
    path("", include("mlops.pages.training.urls")),
    path("", include("mlops.pages.approvals.urls")),
    path("", include("mlops.pages.jobs.urls")),
    path("", include("mlops.pages.models.urls")),
    path("", include("mlops.pages.ops.urls")),
    path("", include("mlops.pages.logs.urls")),
    path("", include("mlops.pages.settings.urls")),
    path("", include("mlops.pages.components.urls")),
    path("", include("mlops.pages.profile.urls")),
    path("", include("mlops.pages.setup.urls")),
]
