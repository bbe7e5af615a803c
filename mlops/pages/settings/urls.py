"""The addresses of Settings."""

from django.urls import path

from mlops.pages.settings import people_views, token_views, views
from mlops.pages.settings.rule_urls import RULES

urlpatterns = [
    *RULES,
    path("settings/", views.page, name="settings"),
    path("settings/auto/", views.auto, name="settings-auto"),
    path("settings/people/", people_views.page, name="settings-people"),
    path("settings/people/roles/", people_views.roles, name="settings-roles"),
    path("settings/people/new/", people_views.new, name="settings-person-new"),
    path("settings/people/add/", people_views.add, name="settings-person-add"),
    path("settings/people/<int:person_id>/", people_views.one, name="settings-person"),
    path(
        "settings/people/<int:person_id>/roles/review/",
        people_views.review_roles,
        name="settings-person-roles-review",
    ),
    path(
        "settings/people/<int:person_id>/roles/",
        people_views.change_roles,
        name="settings-person-roles",
    ),
    path(
        "settings/people/<int:person_id>/off/",
        people_views.switch_off,
        name="settings-person-off",
    ),
    path(
        "settings/people/<int:person_id>/on/",
        people_views.switch_on,
        name="settings-person-on",
    ),
    path(
        "settings/people/<int:person_id>/password/",
        people_views.reset_password,
        name="settings-person-password",
    ),
    path("settings/tokens/", token_views.page, name="settings-tokens"),
    path("settings/tokens/new/", token_views.create, name="settings-token"),
    path(
        "settings/tokens/account/", token_views.add_account, name="settings-account-add"
    ),
    path(
        "settings/tokens/<int:token_id>/revoke/",
        token_views.revoke,
        name="settings-token-revoke",
    ),
]
