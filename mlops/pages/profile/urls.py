"""The addresses of one's own profile."""

from django.urls import path

from mlops.pages.profile import session_views, views

urlpatterns = [
    path("profile/", views.page, name="profile"),
    path("profile/save/", views.save, name="profile-save"),
    path("profile/password/", views.password, name="profile-password"),
    path("profile/sessions/", session_views.page, name="profile-sessions"),
    path(
        "profile/sessions/end/",
        session_views.end_everywhere,
        name="profile-sessions-end",
    ),
    path(
        "profile/sessions/<int:session_id>/end/",
        session_views.end,
        name="profile-session-end",
    ),
]
