"""The addresses of the ops console."""

from django.urls import path

from mlops.pages.ops import views

urlpatterns = [
    path("ops-console/", views.console, name="ops"),
]
