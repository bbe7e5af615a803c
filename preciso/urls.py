"""Every address: the apps' own, the admin, the API, sign-in and the probes."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from preciso import views
from preciso.middleware import csp_override

# Swagger UI brings one inline style sheet; its script is a request of its own.
DOCS_CSP = {**settings.SECURE_CSP, "style-src": ["'self'", "'unsafe-inline'"]}

handler400 = "preciso.views.bad_request"
handler404 = "preciso.views.not_found"
handler500 = "preciso.views.server_error"

api_patterns: list[URLPattern | URLResolver] = [
    path("", include("training.api.urls")),
    path("", include("mlops.api.urls")),
    path("schema", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path(
        "docs",
        csp_override(DOCS_CSP)(
            SpectacularSwaggerSplitView.as_view(url_name="api-schema")
        ),
        name="api-docs",
    ),
]

urlpatterns = [
    path("", RedirectView.as_view(url="/mlops/"), name="root"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("signin/", auth_views.LoginView.as_view(), name="login"),
    path("signout/", auth_views.LogoutView.as_view(), name="logout"),
    path("language/", login_not_required(set_language), name="set_language"),
    # One sign-in page for everybody; the admin's own is never reached.
    path(
        "admin/login/",
        RedirectView.as_view(pattern_name="login", query_string=True),
    ),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api_patterns)),
    path("", include("mlops.urls")),
]
