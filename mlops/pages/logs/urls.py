"""The addresses of Logs."""

from django.urls import path

from mlops.pages.logs import access_views, views

urlpatterns = [
    path("logs/", views.page, name="logs"),
    path("logs/export/<slug:ending>/", views.export, name="logs-export"),
    path("logs/service/", views.service, name="logs-service"),
    path("logs/access/", access_views.page, name="logs-access"),
    path(
        "logs/access/export/<slug:ending>/",
        access_views.export,
        name="logs-access-export",
    ),
]
