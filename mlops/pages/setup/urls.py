"""The addresses of Setup."""

from django.urls import path

from mlops.pages.setup import correction_views

urlpatterns = [
    path("setup/put-right/", correction_views.put_right, name="setup-put-right"),
]
