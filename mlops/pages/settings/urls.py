"""The addresses of Settings."""

from django.urls import path

from mlops.pages.settings import (
    loosening_views,
    people_views,
    rule_views,
    token_views,
    views,
)

urlpatterns = [
    path("settings/rules/", rule_views.page, name="settings-rules"),
    path("settings/rules/try/", rule_views.simulate, name="settings-rules-try"),
    path("settings/rules/<slug:slug>/", rule_views.one, name="settings-rule-group"),
    path(
        "settings/rules/<slug:slug>/save/", rule_views.save, name="settings-rule-save"
    ),
    path(
        "settings/rules/<slug:slug>/try/",
        rule_views.simulate_typed,
        name="settings-rule-try",
    ),
    path(
        "settings/rules/loosenings/<int:loosening_id>/confirm/",
        loosening_views.confirm,
        name="loosening-confirm",
    ),
    path(
        "settings/rules/loosenings/<int:loosening_id>/decline/",
        loosening_views.decline,
        name="loosening-decline",
    ),
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
