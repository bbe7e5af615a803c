"""The addresses of Models, versions and serving."""

from django.urls import path

from mlops.pages.models import (
    evidence_views,
    freeze_views,
    off_switch_views,
    prediction_views,
    rehearsal_views,
    version_views,
    views,
)

urlpatterns = [
    path("mlops/models/", views.page, name="models"),
    path("mlops/models/new-cases/", views.new_cases, name="models-new-cases"),
    path("mlops/models/roll-back/", views.roll_back, name="models-roll-back"),
    path("mlops/models/stop/", off_switch_views.stop, name="serving-stop"),
    path("mlops/models/start/", off_switch_views.start, name="serving-start"),
    path(
        "mlops/models/fallback/",
        off_switch_views.switch_to_fallback,
        name="serving-fallback",
    ),
    path(
        "mlops/models/<int:version_id>/fallback/",
        off_switch_views.name_fallback,
        name="model-fallback",
    ),
    path(
        "mlops/models/<int:version_id>/fallback/clear/",
        off_switch_views.clear_fallback,
        name="model-fallback-clear",
    ),
    path("mlops/models/hold/release/", views.release_hold, name="models-release-hold"),
    path("mlops/models/answers/", prediction_views.find, name="answer-find"),
    path("mlops/models/answers/<int:answer_id>/", prediction_views.one, name="answer"),
    path("mlops/models/freezes/plan/", freeze_views.plan, name="freeze-plan"),
    path(
        "mlops/models/freezes/<int:freeze_id>/call-off/",
        freeze_views.call_off,
        name="freeze-call-off",
    ),
    path(
        "mlops/models/switches/<int:request_id>/confirm/",
        freeze_views.confirm,
        name="switch-confirm",
    ),
    path(
        "mlops/models/switches/<int:request_id>/refuse/",
        freeze_views.refuse,
        name="switch-refuse",
    ),
    path("mlops/models/<int:version_id>/", version_views.one, name="model"),
    path("mlops/models/<int:version_id>/select/", views.select, name="model-select"),
    path(
        "mlops/models/<int:version_id>/check/",
        version_views.recheck,
        name="model-check",
    ),
    path(
        "mlops/models/<int:version_id>/accept-withdrawn/",
        version_views.accept_withdrawn,
        name="model-accept-withdrawn",
    ),
    path(
        "mlops/models/<int:version_id>/quarantine/",
        version_views.quarantine,
        name="model-quarantine",
    ),
    path(
        "mlops/models/<int:version_id>/quarantine/lift/",
        version_views.lift_quarantine,
        name="model-quarantine-lift",
    ),
    path(
        "mlops/models/<int:version_id>/ask/",
        version_views.ask_to_switch,
        name="model-ask",
    ),
    path(
        "mlops/models/<int:version_id>/rehearse/",
        rehearsal_views.rehearse,
        name="model-rehearse",
    ),
    path(
        "mlops/models/<int:version_id>/rehearsal/",
        rehearsal_views.page,
        name="model-rehearsal",
    ),
    path(
        "mlops/models/<int:version_id>/evidence/",
        evidence_views.pack,
        name="model-evidence",
    ),
]
