"""Submitting a training, and what its trainer is given and asked for."""

import json
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from mlops.models import ModelVersion
from preciso import limits
from tests.apis import a_sealed_version, an_approved_case, person
from tests.mlops.people import browser, text
from training.choices import (
    DatasetStatus,
    JobFlow,
    JobStatus,
    RunStatus,
    TrainingScope,
)
from training.errors import InvalidInput, NotAllowedNow
from training.models import (
    AuditEvent,
    Case,
    DatasetVersion,
    IdempotencyKey,
    JobLogLine,
    PipelineJob,
    TrainingRun,
)
from training.services.cases.approvals import withdraw_approval
from training.services.datasets.versions import seal_version
from training.services.runs.job_actions import retry_job
from training.services.runs.submissions import (
    IdempotencyMismatch,
    RunRequest,
    seal_and_train,
    submit_run,
)

pytestmark = pytest.mark.django_db
FAKE_TRAINER = """
import json, os, sys
out = os.environ["PRECISO_OUTPUT_DIR"]
say = open(os.environ["PRECISO_EVENTS_FILE"], "a")
def event(**e): say.write(json.dumps(e) + "\\n"); say.flush()
train = [json.loads(l) for l in open(os.environ["PRECISO_TRAIN_FILE"])]
held = [json.loads(l) for l in open(os.environ["PRECISO_EVAL_FILE"])]
args = json.loads(os.environ["PRECISO_TRAINING_ARGS"])
print(len(train), "to learn from,", len(held), "held out")
print("secrets:", [k for k in os.environ if "SECRET" in k or "DATABASE" in k])
event(type="progress", fraction=0.5, note="half way")
event(type="metric", name="loss", value=0.5, step=1)
event(type="metric", name="loss", value=0.25, step=2)
for n in range(args.get("measures", 0)): event(type="metric", name=f"m{n}", value=n)
say.write("no event at all\\n")
if args.get("endless"):
    say.write('{"type": "metric", "name": "loss", "value": 1e999}\\n')
    say.write('{"type": "report", "report": {"area": [1e999, -1e999, 0.5]}}\\n')
    say.flush()
if args.get("fail"):
    event(type="error", message="Too few cases.")
    sys.exit(args["fail"])
if args.get("leave_nothing"): sys.exit(0)
os.makedirs(out + "/model")
json.dump({"flavor": "fake"}, open(out + "/model/model.json", "w"))
json.dump(dict(os.environ), open(out + "/model/environment.json", "w"))
"""


@pytest.fixture
def alice():
    return person("Admin", "alice")


@pytest.fixture
def sealed(alice):
    return a_sealed_version(alice, size=8)


@pytest.fixture
def command_trainer(settings, tmp_path):
    script = tmp_path / "fake trainer.py"
    script.write_text(FAKE_TRAINER)
    settings.TRAINER = "command"
    settings.TRAINER_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
    settings.LOCAL_TRAINING_COMMAND = f"{sys.executable} '{script}'"


@pytest.fixture
def train(alice, sealed, command_trainer, django_capture_on_commit_callbacks):
    """Submit, and let the worker (in this process) run it."""

    def submit(**args):
        with django_capture_on_commit_callbacks(execute=True):
            run = submit_run(RunRequest(sealed, training_args=args), by=alice)
        return TrainingRun.objects.get(pk=run.pk)

    return submit


def test_submitting_writes_job_run_and_audit_event(alice, sealed):
    run = submit_run(RunRequest(sealed, notes="first"), by=alice)
    assert (run.status, run.trainer, run.job.flow) == (
        RunStatus.QUEUED,
        "decision",
        JobFlow.INTERACTIVE,
    )
    assert AuditEvent.objects.about(run).get().action == "training.submitted"


def test_switched_off_a_submission_is_kept_and_skipped(alice, sealed, settings):
    settings.TRAINING_JOBS_ENABLED = False
    run = submit_run(RunRequest(sealed), by=alice)
    assert run.status == RunStatus.SKIPPED
    assert (run.job.status, run.job.reason) == ("canceled", "training_disabled")
    settings.TRAINING_JOBS_ENABLED = True
    retry_job(run.job, by=alice)
    assert TrainingRun.objects.get(pk=run.pk).status == RunStatus.QUEUED


def test_only_a_sealed_version_is_trained(alice):
    an_approved_case(alice)
    version = DatasetVersion.objects.open().get()
    with pytest.raises(NotAllowedNow, match="only a sealed version"):
        submit_run(RunRequest(version), by=alice)
    assert not PipelineJob.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"trainer": "magic"}, {"model_name": "../x"}, {"model_name": "a b"}]
)
def test_a_request_that_makes_no_sense_is_refused(alice, sealed, wrong):
    with pytest.raises(InvalidInput):
        submit_run(RunRequest(sealed, **wrong), by=alice)
    assert not PipelineJob.objects.exists()


def test_a_command_that_is_not_set_is_refused(alice, sealed, settings):
    settings.LOCAL_TRAINING_COMMAND = ""
    with pytest.raises(NotAllowedNow, match="LOCAL_TRAINING_COMMAND"):
        submit_run(RunRequest(sealed, trainer="command"), by=alice)


def test_a_double_click_is_one_job_and_a_later_wish_another(alice, sealed):
    first = submit_run(RunRequest(sealed), by=alice)
    assert submit_run(RunRequest(sealed), by=alice) == first
    assert submit_run(RunRequest(sealed, training_args={"seed": 2}), by=alice) != first
    PipelineJob.objects.update(status="failed", finished_at=timezone.now())
    assert submit_run(RunRequest(sealed), by=alice) != first


def test_an_idempotency_key_holds_for_a_day_and_one_body(alice, sealed):
    first = submit_run(RunRequest(sealed), by=alice, idempotency_key="k")
    PipelineJob.objects.update(status="failed", finished_at=timezone.now())
    assert submit_run(RunRequest(sealed), by=alice, idempotency_key="k") == first
    with pytest.raises(IdempotencyMismatch):
        submit_run(RunRequest(sealed, notes="x"), by=alice, idempotency_key="k")
    bob = person("Operator", "bob")
    assert submit_run(RunRequest(sealed), by=bob, idempotency_key="k") != first
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert submit_run(RunRequest(sealed), by=alice, idempotency_key="k") != first


def test_a_trainer_gets_the_contract_and_its_result_becomes_a_version(train, sealed):
    run = train()
    assert run.status == RunStatus.COMPLETED, run.job.trace
    assert run.metrics == {"loss": 0.25}
    curve = run.job.metrics.order_by("step").values_list("name", "value", "step")
    assert list(curve) == [("loss", 0.5, 1), ("loss", 0.25, 2)]
    log = "\n".join(JobLogLine.objects.order_by("seq").values_list("text", flat=True))
    assert "secrets: []" in log
    version = ModelVersion.objects.get(pk=run.model_version_id)
    assert version.run == run
    assert version.ineligible_reason  # nobody here can load a "fake" model
    assert [entry["path"] for entry in run.artifacts] == [
        "environment.json",
        "model.json",
    ]
    given = run.artifact_prefix
    assert given == f"models/run-{run.pk}/attempt-1"


def test_numbers_too_large_to_be_finite_end_no_training(train):
    run = train(endless=True)
    assert run.status == RunStatus.COMPLETED
    assert run.metrics == {"loss": 0.25}
    assert run.report == {"area": [None, None, 0.5]}
    assert run.job.log_lines.filter(text__startswith="... 1 values of metrics").exists()


def test_a_trainer_that_measures_without_end_is_kept_in_bounds_and_told_so(train):
    run = train(measures=5000)

    assert run.status == RunStatus.COMPLETED, run.job.trace
    assert len(run.metrics) == limits.METRICS
    assert run.job.metrics.count() == limits.METRICS + 1  # loss has two values
    said = "... 4,801 values of metrics are left out"
    assert JobLogLine.objects.filter(text__startswith=said).count() == 1
    (warning,) = run.job.events.exclude(note="")
    page = text(browser("Viewer").get(f"/mlops/jobs/{run.job_id}/"))
    assert "Attempt 1 measured more than is kept: at most 200 names" in page
    assert warning.attempt == 1


def test_training_and_held_out_cases_are_kept_apart(train, sealed):
    train()
    first = JobLogLine.objects.order_by("seq").first().text
    held_out = sealed.samples().filter(held_out=True).count()
    assert first == f"{8 - held_out} to learn from, {held_out} held out"


def test_only_what_is_new_is_learnt_from_and_all_held_out_cases_measured(
    alice, sealed, command_trainer, django_capture_on_commit_callbacks
):
    for place in range(12):
        an_approved_case(alice, external_id=f"N-{place}")
    version = DatasetVersion.objects.open().get()
    with django_capture_on_commit_callbacks(execute=True):
        run = seal_and_train(version, by=alice, scope=TrainingScope.DELTA)
    run = TrainingRun.objects.get(pk=run.pk)
    assert run.status == RunStatus.COMPLETED, run.job.trace
    learnt = version.added().filter(held_out=False).count()
    held_out = version.samples().filter(held_out=True).count()
    assert 0 < learnt < version.samples().filter(held_out=False).count()
    said = JobLogLine.objects.order_by("seq").first().text
    assert said == f"{learnt} to learn from, {held_out} held out"
    assert (run.scope, run.job.input["scope"]) == ("delta", "delta")


def test_another_scope_is_another_request(alice, sealed):
    on_all = submit_run(RunRequest(sealed), by=alice)
    on_new = submit_run(RunRequest(sealed, scope="delta"), by=alice)
    assert on_all != on_new
    assert submit_run(RunRequest(sealed, scope="delta"), by=alice) == on_new
    assert on_all.job.input["scope"] == "all"


def test_a_scope_that_there_is_not_is_refused(alice, sealed):
    with pytest.raises(InvalidInput, match="There is no scope half; there are: all,"):
        submit_run(RunRequest(sealed, scope="half"), by=alice)
    assert not PipelineJob.objects.exists()


def test_a_training_on_what_is_new_is_refused_where_nothing_is(alice, sealed):
    withdraw_approval(Case.objects.earliest("pk"), by=alice)
    version = DatasetVersion.objects.open().get()
    with pytest.raises(NotAllowedNow, match="Nothing in Dataset 2 is both new"):
        seal_and_train(version, by=alice, scope="delta")
    assert DatasetVersion.objects.open().get() == version
    seal_version(version, by=alice)
    version.refresh_from_db()
    with pytest.raises(NotAllowedNow, match="Nothing in Dataset 2 is both new"):
        submit_run(RunRequest(version, scope="delta"), by=alice)
    assert not PipelineJob.objects.exists()


def test_wrong_data_is_said_in_the_trainers_words_and_not_retried(train):
    run = train(fail=65)
    assert (run.job.status, run.job.reason) == (JobStatus.FAILED, "bad_data")
    assert run.job.reason_detail == "Too few cases."


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"fail": 1}, "trainer_failed"),
        ({"fail": 127}, "trainer_not_found"),
        ({"leave_nothing": True}, "no_model"),
    ],
)
def test_other_ends_have_their_own_reason(train, args, reason):
    run = train(**args)
    assert (run.job.status, run.job.reason) == (JobStatus.FAILED, reason)
    assert run.model_version_id is None


def test_a_command_that_is_not_there_is_said(train, settings):
    settings.LOCAL_TRAINING_COMMAND = "/no/such/program"
    assert train().job.reason == "trainer_not_found"


def test_a_killed_trainer_is_tried_again(train, settings):
    settings.LOCAL_TRAINING_COMMAND = "sh -c 'kill -9 $$'"
    run = train()
    assert (run.job.status, run.job.reason) == (JobStatus.RETRYING, "trainer_killed")


def test_seal_and_train_is_one_job(
    alice, command_trainer, django_capture_on_commit_callbacks
):
    for _ in range(6):
        an_approved_case(alice)
    version = DatasetVersion.objects.open().get()
    with django_capture_on_commit_callbacks(execute=True):
        run = seal_and_train(version, by=alice)
        assert version.status == DatasetStatus.SEALING
    version.refresh_from_db()
    assert version.status == DatasetStatus.SEALED
    assert TrainingRun.objects.get(pk=run.pk).status == RunStatus.COMPLETED


def test_seal_and_train_seals_nothing_while_training_is_off(alice, settings):
    settings.TRAINING_JOBS_ENABLED = False
    an_approved_case(alice)
    version = DatasetVersion.objects.open().get()
    with pytest.raises(NotAllowedNow, match="switched off"):
        seal_and_train(version, by=alice)
    version.refresh_from_db()
    assert version.status == DatasetStatus.OPEN


def test_one_class_only_is_refused_by_the_built_in_trainer(
    alice, django_capture_on_commit_callbacks
):
    for _ in range(8):
        an_approved_case(alice, decision="no")
    version = DatasetVersion.objects.open().get()
    with django_capture_on_commit_callbacks(execute=True):
        run = seal_and_train(version, by=alice)
    job = PipelineJob.objects.get(pk=run.job_id)
    assert (job.status, job.reason) == (JobStatus.FAILED, "bad_data")
    assert "two different decisions" in job.reason_detail
    assert json.dumps(job.output) == "{}"
