"""No sentence of a reader's language is kept: neither in JSON nor in any other column.

The main story is played in a language in which every translated text bears marks. Then
every column of every table is looked through for a mark.
"""

import json
import sys
from copy import deepcopy
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone, translation

from mlops.evidence.packs import pack_version
from mlops.mirror.delivery import postpone_due
from mlops.models import ModelVersion, PromotionDecision
from mlops.predictor_cache import STORE
from mlops.serving import promotion, selection
from mlops.serving.break_glass import confirm_switch, request_switch
from mlops.serving.fallbacks import name_fallback
from mlops.serving.freezes import call_off_freeze, plan_freeze
from mlops.serving.model_registry import quarantine, release_quarantine
from mlops.serving.off_switch import start_serving, stop_serving
from mlops.serving.rehearsals import rehearse
from tests.apis import a_case, a_job, a_model_version, api, case_body, person
from tests.mlops.comparisons import (
    BETTER,
    MOSTLY_HELD_OUT,
    sealed_loans,
    with_comparison,
)
from tests.mlops.people import browser
from tests.trainers.samples import loans, train_here
from training.choices import FourEyesRule, JobKind
from training.errors import DomainError
from training.execution import (
    claim_next,
    endings,
    job_handlers,
    reap_lost_jobs,
    run_claimed,
)
from training.execution.job_handlers import JobFailed, JobResult
from training.models import (
    AuditEvent,
    AutoDecision,
    DatasetVersion,
    JobEvent,
    PipelineJob,
)
from training.services.cases.approvals import (
    ReviewInput,
    approve_case,
    withdraw_approval,
)
from training.services.datasets.versions import freeze
from training.services.people.tokens import create_token, revoke_token
from training.services.people.user_accounts import add_person, change_roles, switch_off
from training.services.policy import policies
from training.services.policy.batch_schedule import run_schedule
from training.services.policy.loosening import ask_to_loosen, confirm_loosening
from training.services.runs.job_actions import cancel_job, retry_job
from training.services.runs.submissions import RunRequest, submit_run

pytestmark = pytest.mark.django_db
MARK = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}"
MARKED = "ko"
KO = {"Accept-Language": "ko"}
TRANSIENT = {"session"}  # a message waits there in the language of who will read it
TRAINER = """
import json, os, pathlib, shutil
events = pathlib.Path(os.environ["PRECISO_EVENTS_FILE"])
events.write_text(json.dumps({"type": "progress", "fraction": 0.5, "note": "mine"}))
model = json.loads(os.environ["PRECISO_TRAINING_ARGS"])["model"]
shutil.copytree(model, os.environ["PRECISO_OUTPUT_DIR"] + "/model")
"""


@pytest.fixture
def marked(monkeypatch):
    """Every text that is translated into this language bears marks."""
    translation.gettext("")  # the real functions are there
    backend = translation._trans

    def marking(real):
        def marked(*args, **kwargs):
            said = real(*args, **kwargs)
            return f"{MARK}{said}" if translation.get_language() == MARKED else said

        return marked

    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        monkeypatch.setattr(backend, name, marking(getattr(backend, name)))
    with translation.override(MARKED):
        yield


@pytest.fixture(scope="module")
def staged(stage, tmp_path_factory):
    folder, rows = tmp_path_factory.mktemp("marked"), loans(300, seed=4)
    with stage.building(**MOSTLY_HELD_OUT):
        alice = person("Admin", "alice")
        return alice, sealed_loans(alice), train_here(folder, rows, model="linear")


@pytest.fixture
def alice(staged, on_stage):
    return deepcopy(staged[0])


def where_marks_are():
    """Each column of each table that holds a marked text."""
    for model in apps.get_models():
        if model._meta.model_name in TRANSIENT or model._meta.proxy:
            continue
        fields = [field.attname for field in model._meta.concrete_fields]
        for row in model._base_manager.values(*fields):
            yield from (
                (model._meta.label, name, value)
                for name, value in row.items()
                if MARK in str(value)
            )


def refused(act):
    """In words that are marked, so that the story holds what it should."""
    with pytest.raises(DomainError) as refusal:
        act()
    assert MARK in str(refusal.value)


def test_a_marked_text_is_found_wherever_it_is_kept(marked):
    job = a_job(output={"deep": [{"said": translation.gettext("Waiting")}]})
    JobEvent.objects.create(job=job, attempt=1, by="x", note=str(job))

    assert [(label, name) for label, name, _value in where_marks_are()] == [
        ("training.PipelineJob", "output"),
        ("training.JobEvent", "note"),
    ]
    with translation.override("en"):
        assert MARK not in translation.gettext("Waiting")


def test_what_auto_the_schedule_and_people_decide_keeps_no_prose(
    marked, alice, settings
):
    settings.EVAL_SHARE = 100
    policies.change_policy(
        by=alice,
        auto_enabled=True,
        min_new_samples=1,
        cooldown_minutes=0,
        undo_window_minutes=0,
        training_scope="delta",
        batch_schedule="* * * * *",
    )
    decision = approve_case(
        a_case(), ReviewInput(decision="deny", confidence=1.0), by=alice
    )
    assert decision.auto.rules[-1]["rule"] == "submitted"
    reviewer = api("Reviewer")
    body = {"decision": {"decision": "deny"}, "confidence_score": 0.95}
    reviewer.post(f"approvals/cases/{a_case().pk}/approve", body, headers=KO)
    rita = browser("Reviewer", "rita")
    case = a_case()
    for verb in ("approve", "undo", "reject", "undo", "send-back"):
        rita.post(
            f"/mlops/approvals/{case.pk}/{verb}/",
            {"confidence": "0.95", "reasoning": "Mine."},
            headers=KO,
        )
    sealed = DatasetVersion.objects.get(number=1)
    refused(lambda: freeze(sealed, by=alice))
    withdraw_approval(decision.sample.case, by=alice, reasoning="Mine.")
    lines = "no json\n" + json.dumps(case_body("I-1")) + "\n"
    refusals = api("Operator").send("cases/import", lines, "application/jsonl").json()
    assert refusals["refused_count"] == 1
    dropped = timezone.now() - timedelta(minutes=5)
    type(policies.policy()).objects.update(batch_schedule_since=dropped)
    run_schedule()
    assert AutoDecision.objects.filter(trigger="schedule").exists()

    assert list(where_marks_are()) == []


def test_a_training_and_what_becomes_of_it_keep_no_prose(
    marked, alice, staged, settings, tmp_path, django_capture_on_commit_callbacks
):
    _alice, sealed, directory = staged
    STORE.clear()
    champion = a_model_version(sealed, directory, by=alice)
    selection.select_version(champion, by=alice, reason="Mine.")
    script = tmp_path / "trainer.py"
    script.write_text(TRAINER)
    settings.TRAINER = "command"
    settings.TRAINER_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
    settings.LOCAL_TRAINING_COMMAND = f"{sys.executable} {script}"
    for model in (directory, tmp_path):  # the second fails: there is no model
        asked = RunRequest(sealed, training_args={"model": str(model)})
        with django_capture_on_commit_callbacks(execute=True):
            submit_run(asked, by=alice)
    assert ModelVersion.objects.count() == 2
    policy = policies.policy()
    type(policy).objects.update(promote_enabled=True, promote_min_cases=30)
    version = a_model_version(sealed, directory, by=alice)
    named = {**BETTER["model_version"], "id": str(champion.pk)}
    promotion.consider(with_comparison(version, model_version=named))
    assert PromotionDecision.objects.get(model_version=version).promoted
    api("Operator").post("predict", {"cases": [predicted()]}, headers=KO)
    a_case(recommendation=None)
    assert list(where_marks_are()) == []


def test_what_serves_stops_and_is_frozen_keeps_no_prose(marked, alice, staged):
    _alice, sealed, directory = staged
    STORE.clear()
    first, version = (a_model_version(sealed, directory, by=alice) for _ in range(2))
    refused(lambda: selection.roll_back(by=alice))
    selection.select_version(first, by=alice, reason="Mine.")
    rehearse(version, by=alice, cases=20)
    selection.select_version(version, by=alice, reason="Mine.")
    selection.roll_back(by=alice, reason="Mine.")
    selection.release_hold(by=alice, reason="Mine.")
    quarantine(version, by=alice, reason="Mine.")
    refused(lambda: selection.select_version(version, by=alice))
    release_quarantine(version, by=alice)
    stop_serving(by=alice, reason="Mine.")
    start_serving(by=alice, reason="Mine.")
    name_fallback(first, by=alice, reason="Mine.")
    pack_version(version, by=alice).file.close()

    assert list(where_marks_are()) == []


def test_a_freeze_and_what_two_people_do_in_it_keeps_no_prose(marked, alice, staged):
    _alice, sealed, directory = staged
    STORE.clear()
    version = a_model_version(sealed, directory, by=alice)
    selection.select_version(a_model_version(sealed, directory, by=alice), by=alice)
    frozen = plan_freeze(
        name="Audit", ends_at=timezone.now() + timedelta(days=1), by=alice
    )
    refused(lambda: selection.select_version(version, by=alice))
    asked = request_switch(version, by=alice, reason="Mine.")
    refused(lambda: confirm_switch(asked, by=alice))
    confirm_switch(asked, by=person("Admin", "bob"), answer="Mine.")
    refused(lambda: call_off_freeze(frozen, by=alice))
    later = timezone.now() + timedelta(days=2)
    planned = plan_freeze(
        name="Close", starts_at=later, ends_at=later + timedelta(days=1), by=alice
    )
    call_off_freeze(planned, by=alice, reason="Mine.")

    assert list(where_marks_are()) == []


def predicted():
    return {"external_id": "P-1", "facts": case_body()["facts"]}


def test_jobs_that_are_lost_late_canceled_or_given_up_keep_no_prose(
    marked, alice, settings, monkeypatch
):
    def refuses(context):
        raise DomainError(translation.gettext("The dataset is being sealed."))

    monkeypatch.setitem(job_handlers._handlers, JobKind.TRAIN, refuses)
    settings.JOB_LEASE_SECONDS = -1
    a_job(max_attempts=1)
    zombie = claim_next()
    reap_lost_jobs()
    endings.complete_unless_lost(zombie, JobResult())
    settings.JOB_LEASE_SECONDS = 30
    job = PipelineJob.objects.get()
    retry_job(job, by=alice)
    run_claimed(claim_next())
    job.refresh_from_db()
    refused(lambda: cancel_job(job, by=alice))
    cancel_job(a_job(), by=alice)
    failing = a_job()
    endings.fail(claim_next(), JobFailed("bad_data", "Mine."))
    assert failing.events.exists()
    assert JobEvent.objects.filter(warning="late_result").exists()
    postpone_due(TimeoutError())

    assert list(where_marks_are()) == []


def test_people_roles_and_tokens_keep_no_prose(marked, alice):
    viewer, operator = (Group.objects.get(name=name) for name in ("Viewer", "Operator"))
    made = add_person("vera", by=alice, name="Vera", roles=[viewer])
    vera = made[0] if isinstance(made, tuple) else made
    change_roles(vera, [operator], by=alice)
    token, _secret = create_token(alice, by=alice, scopes=["read"], name="mine")
    revoke_token(token, by=alice)
    switch_off(vera, by=alice)
    refused(lambda: create_token(vera, by=alice))
    browser("Admin", "ada").post("/settings/", {"min_new_samples": "7"}, headers=KO)

    bob = person("Admin", "bob")
    policies.change_policy(by=alice, bars_own_cases=True)
    asked = ask_to_loosen(FourEyesRule.BARS_OWN_CASES, by=alice, reason="Mine.")
    refused(lambda: confirm_loosening(asked, by=alice))
    confirm_loosening(asked, by=bob, answer="Mine.")

    assert AuditEvent.objects.filter(action="person.roles_changed").exists()
    assert list(where_marks_are()) == []
