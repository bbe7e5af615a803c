"""The pages. Reading is GET, doing is POST; each name says what it is."""

from django.urls import path

from mlops.rule_urls import RULES
from mlops.views import (
    access_log,
    answered,
    api_tokens,
    approvals,
    components,
    corrections,
    datasets,
    dead_letters,
    decisions,
    differences,
    evidence,
    freezes,
    inbox,
    jobs,
    logs,
    models,
    ops,
    overview,
    people,
    profile,
    rehearsing,
    samples,
    sessions,
    stopping,
    switches,
    training,
    versions,
)

app_name = "mlops"

urlpatterns = [
    path("mlops/", overview.page, name="overview"),
    path("mlops/training/", training.page, name="training"),
    path("mlops/training/last-run/", training.last_run, name="training-last-run"),
    path("mlops/training/auto/", training.switch_auto, name="training-auto"),
    path("mlops/training/decisions/", decisions.page, name="training-decisions"),
    path("mlops/training/schedule/", training.set_schedule, name="training-schedule"),
    path(
        "mlops/training/schedule/reading/",
        training.schedule_reading,
        name="training-schedule-reading",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/",
        datasets.one,
        name="training-dataset",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/compare/",
        datasets.compare,
        name="training-compare",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/learn/",
        datasets.train,
        name="training-dataset-train",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/batch/",
        training.batch,
        name="training-batch",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/train/",
        training.train_again,
        name="training-again",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/samples/",
        samples.page,
        name="training-samples",
    ),
    path(
        "mlops/training/datasets/<int:version_id>/download/",
        training.download,
        name="training-download",
    ),
    path("mlops/approvals/", inbox.listing, name="approvals"),
    path("mlops/approvals/bulk/", inbox.agree_with_many, name="approvals-bulk"),
    path("mlops/approvals/<int:case_id>/", approvals.one, name="case"),
    path(
        "mlops/approvals/<int:case_id>/approve/", approvals.approve, name="case-approve"
    ),
    path("mlops/approvals/<int:case_id>/reject/", approvals.reject, name="case-reject"),
    path(
        "mlops/approvals/<int:case_id>/send-back/",
        approvals.send_back,
        name="case-send-back",
    ),
    path(
        "mlops/approvals/<int:case_id>/withdraw/",
        approvals.withdraw,
        name="case-withdraw",
    ),
    path("mlops/approvals/<int:case_id>/undo/", approvals.undo, name="case-undo"),
    path("mlops/approvals/<int:case_id>/claim/", approvals.claim, name="case-claim"),
    path(
        "mlops/approvals/<int:case_id>/take-over/",
        approvals.take_over,
        name="case-take-over",
    ),
    path("mlops/approvals/<int:case_id>/flow/", approvals.flow, name="case-flow"),
    path(
        "mlops/approvals/<int:case_id>/seal-without/",
        datasets.seal_without,
        name="case-seal-without",
    ),
    path(
        "mlops/approvals/<int:case_id>/outcome/", approvals.outcome, name="case-outcome"
    ),
    path("mlops/jobs/", jobs.listing, name="jobs"),
    path("mlops/jobs/dead-letters/", dead_letters.page, name="job-dead-letters"),
    path(
        "mlops/jobs/dead-letters/retry/",
        dead_letters.retry,
        name="job-dead-letters-retry",
    ),
    path(
        "mlops/jobs/dead-letters/put-aside/",
        dead_letters.put_aside,
        name="job-dead-letters-put-aside",
    ),
    path("mlops/jobs/<int:job_id>/", jobs.one, name="job"),
    path("mlops/jobs/<int:job_id>/log/", jobs.log, name="job-log"),
    path("mlops/jobs/<int:job_id>/log.txt", jobs.whole_log, name="job-whole-log"),
    path(
        "mlops/jobs/<int:job_id>/attempts/<int:number>/log.txt",
        jobs.attempt_log,
        name="job-attempt-log",
    ),
    path("mlops/jobs/<int:job_id>/cancel/", jobs.cancel, name="job-cancel"),
    path("mlops/jobs/<int:job_id>/retry/", jobs.retry, name="job-retry"),
    path("mlops/models/", models.page, name="models"),
    path("mlops/models/new-cases/", models.new_cases, name="models-new-cases"),
    path("mlops/models/roll-back/", models.roll_back, name="models-roll-back"),
    path("mlops/models/stop/", stopping.stop, name="serving-stop"),
    path("mlops/models/start/", stopping.start, name="serving-start"),
    path(
        "mlops/models/fallback/", stopping.switch_to_fallback, name="serving-fallback"
    ),
    path(
        "mlops/models/<int:version_id>/fallback/",
        stopping.name_fallback,
        name="model-fallback",
    ),
    path(
        "mlops/models/<int:version_id>/fallback/clear/",
        stopping.clear_fallback,
        name="model-fallback-clear",
    ),
    path("mlops/models/hold/release/", models.release_hold, name="models-release-hold"),
    path("mlops/models/answers/", answered.find, name="answer-find"),
    path("mlops/models/answers/<int:answer_id>/", answered.one, name="answer"),
    path("mlops/models/freezes/plan/", freezes.plan, name="freeze-plan"),
    path(
        "mlops/models/freezes/<int:freeze_id>/call-off/",
        freezes.call_off,
        name="freeze-call-off",
    ),
    path(
        "mlops/models/switches/<int:request_id>/confirm/",
        freezes.confirm,
        name="switch-confirm",
    ),
    path(
        "mlops/models/switches/<int:request_id>/refuse/",
        freezes.refuse,
        name="switch-refuse",
    ),
    path("mlops/models/<int:version_id>/", versions.one, name="model"),
    path("mlops/models/<int:version_id>/select/", models.select, name="model-select"),
    path("mlops/models/<int:version_id>/check/", versions.recheck, name="model-check"),
    path(
        "mlops/models/<int:version_id>/accept-withdrawn/",
        versions.accept_withdrawn,
        name="model-accept-withdrawn",
    ),
    path(
        "mlops/models/<int:version_id>/quarantine/",
        versions.quarantine,
        name="model-quarantine",
    ),
    path(
        "mlops/models/<int:version_id>/quarantine/lift/",
        versions.lift_quarantine,
        name="model-quarantine-lift",
    ),
    path(
        "mlops/models/<int:version_id>/ask/", versions.ask_to_switch, name="model-ask"
    ),
    path(
        "mlops/models/<int:version_id>/rehearse/",
        rehearsing.rehearse,
        name="model-rehearse",
    ),
    path(
        "mlops/models/<int:version_id>/rehearsal/",
        rehearsing.page,
        name="model-rehearsal",
    ),
    path(
        "mlops/models/<int:version_id>/differences/",
        differences.page,
        name="model-differences",
    ),
    path(
        "mlops/models/<int:version_id>/evidence/", evidence.pack, name="model-evidence"
    ),
    path("ops-console/", ops.console, name="ops"),
    path("logs/", logs.page, name="logs"),
    path("logs/export/<slug:ending>/", logs.export, name="logs-export"),
    path("logs/service/", logs.service, name="logs-service"),
    path("logs/access/", access_log.page, name="logs-access"),
    path(
        "logs/access/export/<slug:ending>/",
        access_log.export,
        name="logs-access-export",
    ),
    path("settings/", switches.page, name="settings"),
    path("settings/auto/", switches.auto, name="settings-auto"),
    *RULES,
    path("settings/people/", people.page, name="settings-people"),
    path("settings/people/roles/", people.roles, name="settings-roles"),
    path("settings/people/new/", people.new, name="settings-person-new"),
    path("settings/people/add/", people.add, name="settings-person-add"),
    path("settings/people/<int:person_id>/", people.one, name="settings-person"),
    path(
        "settings/people/<int:person_id>/roles/review/",
        people.review_roles,
        name="settings-person-roles-review",
    ),
    path(
        "settings/people/<int:person_id>/roles/",
        people.change_roles,
        name="settings-person-roles",
    ),
    path(
        "settings/people/<int:person_id>/off/",
        people.switch_off,
        name="settings-person-off",
    ),
    path(
        "settings/people/<int:person_id>/on/",
        people.switch_on,
        name="settings-person-on",
    ),
    path(
        "settings/people/<int:person_id>/password/",
        people.reset_password,
        name="settings-person-password",
    ),
    path("settings/tokens/", api_tokens.page, name="settings-tokens"),
    path("settings/tokens/new/", api_tokens.create, name="settings-token"),
    path(
        "settings/tokens/account/", api_tokens.add_account, name="settings-account-add"
    ),
    path(
        "settings/tokens/<int:token_id>/revoke/",
        api_tokens.revoke,
        name="settings-token-revoke",
    ),
    path("components/", components.page, name="components"),
    path("profile/", profile.page, name="profile"),
    path("profile/save/", profile.save, name="profile-save"),
    path("profile/password/", profile.password, name="profile-password"),
    path("profile/sessions/", sessions.page, name="profile-sessions"),
    path("profile/sessions/end/", sessions.end_everywhere, name="profile-sessions-end"),
    path(
        "profile/sessions/<int:session_id>/end/",
        sessions.end,
        name="profile-session-end",
    ),
    path("setup/", ops.setup, name="setup"),
    path("setup/put-right/", corrections.put_right, name="setup-put-right"),
]
