"""Every address: the apps' own, the admin, the API, sign-in and the probes."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from mlops.pages.profile.sign_in_views import SignIn
from mlops.pages.profile.views import set_language
from mlops.pages.shared import password_prompt
from preciso import views
from preciso.middleware import csp_override

# Swagger UI brings one inline style sheet; its script is a request of its own.
DOCS_CSP = {**settings.SECURE_CSP, "style-src": ["'self'", "'unsafe-inline'"]}


def on_demand(name: str, **options: Any) -> Callable[..., HttpResponseBase]:
    """A view of REST framework that is loaded by the first request for it.

    Those of drf-spectacular bring its generator, Django's test client and jinja2 along:
    too much for the start of every process when so few of them are ever asked.
    """

    @cache
    def loaded() -> Callable[..., HttpResponseBase]:
        view: Callable[..., HttpResponseBase] = import_string(name).as_view(
            http_method_names=["get", "head"], **options
        )
        return view

    # As REST framework marks each view of its own, which asks for both by itself.
    @csrf_exempt
    @login_not_required
    def answer(request: HttpRequest) -> HttpResponseBase:
        return loaded()(request)

    return answer


handler400 = "preciso.views.bad_request"
handler404 = "preciso.views.not_found"
handler500 = "preciso.views.server_error"

api_patterns: list[URLPattern | URLResolver] = [
    path("", include("training.api.urls")),
    path("", include("mlops.api.urls")),
    path(
        "schema",
        on_demand("drf_spectacular.views.SpectacularJSONAPIView"),
        name="api-schema",
    ),
    path(
        "docs",
        csp_override(DOCS_CSP)(
            on_demand(
                "drf_spectacular.views.SpectacularSwaggerSplitView",
                url_name="api-schema",
            )
        ),
        name="api-docs",
    ),
]

urlpatterns = [
    path("", RedirectView.as_view(url="/mlops/"), name="root"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path(
        "signin/",
        SignIn.as_view(),
        name="login",
    ),
    path("signin/again/", password_prompt.page, name="password-again"),
    path("signout/", auth_views.LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set_language"),
    # One sign-in page for everybody; the admin's own is never reached.
    path(
        "admin/login/",
        RedirectView.as_view(pattern_name="login", query_string=True),
    ),
    # One's own password is changed in the profile: there sessions and tokens end.
    path(
        "admin/password_change/",
        RedirectView.as_view(pattern_name="mlops:profile"),
    ),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api_patterns)),
    path("", include("mlops.pages.urls")),
]
