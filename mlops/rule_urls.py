"""The addresses of the rules under Settings."""

from django.urls import path

from mlops.views import loosening, rules

RULES = [
    path("settings/rules/", rules.page, name="settings-rules"),
    path("settings/rules/try/", rules.simulate, name="settings-rules-try"),
    path("settings/rules/<slug:slug>/", rules.one, name="settings-rule-group"),
    path("settings/rules/<slug:slug>/save/", rules.save, name="settings-rule-save"),
    path(
        "settings/rules/<slug:slug>/try/",
        rules.simulate_typed,
        name="settings-rule-try",
    ),
    path(
        "settings/rules/loosenings/<int:asked_id>/confirm/",
        loosening.confirm,
        name="loosening-confirm",
    ),
    path(
        "settings/rules/loosenings/<int:asked_id>/decline/",
        loosening.decline,
        name="loosening-decline",
    ),
]
