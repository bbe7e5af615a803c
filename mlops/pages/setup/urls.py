"""The addresses of Setup."""

from django.urls import path

from mlops.pages.setup import views

urlpatterns = [
    path("setup/", views.page, name="setup"),
    path("setup/put-right/", views.put_right, name="setup-put-right"),
]
