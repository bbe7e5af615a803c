"""The addresses of the rules under Settings."""

from django.urls import path

from mlops.pages.settings import loosening_views, rule_views

RULES = [
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
        "settings/rules/loosenings/<int:asked_id>/confirm/",
        loosening_views.confirm,
        name="loosening-confirm",
    ),
    path(
        "settings/rules/loosenings/<int:asked_id>/decline/",
        loosening_views.decline,
        name="loosening-decline",
    ),
]
