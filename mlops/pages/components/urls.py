"""The addresses of the components, under DEBUG."""

from django.urls import path

from mlops.pages.components import views

urlpatterns = [
    path("components/", views.page, name="components"),
]
