"""The addresses of Overview."""

from django.urls import path

from mlops.pages.overview import views

urlpatterns = [
    path("mlops/", views.page, name="overview"),
]
