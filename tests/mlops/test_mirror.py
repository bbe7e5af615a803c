"""The mirror: what it writes down, what it tells MLflow, and what if it cannot."""

import json
import os
import signal
import socket
import sys
from contextlib import contextmanager
from datetime import timedelta
from errno import ENOSPC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import DEVNULL, Popen
from threading import Thread

import pytest
from django.utils import timezone

from mlops.mirror import mlflow_client, outbox
from mlops.mirror.delivery import deliver_due, postpone_due
from mlops.mirror.error_codes import trouble_of
from mlops.models import (
    MirroredExperiment,
    MirroredVersion,
    OutboxEvent,
    ServingPeriod,
)
from mlops.serving.off_switch import start_serving, stop_serving
from mlops.serving.selection import roll_back, select_version
from preciso.clock import DatabaseNow
from tests.apis import a_model_version, a_sealed_version, api, person
from tests.services import free_port, wait_until
from training.models import AuditEvent, JobMetric, TrainingRun

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.mlflow,
    # mlflow and what it stands on warn about each other.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A local MLflow, made once: that takes seconds."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow_client.connect(f"sqlite:///{path}", artifact_root=path.parent)
    return path


@pytest.fixture
def tracking_uri(empty_store, tmp_path, settings):
    path = tmp_path / "mlflow.db"
    path.write_bytes(empty_store.read_bytes())
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{path}"
    return settings.MLFLOW_TRACKING_URI


@pytest.fixture
def store(tracking_uri, tmp_path):
    return mlflow_client.connect(tracking_uri, artifact_root=tmp_path / "artifacts")


@pytest.fixture
def client(tracking_uri):
    return client_of(tracking_uri)


def client_of(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(uri, registry_uri=uri)


@pytest.fixture
def operator(db):
    return person("Operator", "olga")


@pytest.fixture
def versions(tracking_uri, operator, two_model_directories):
    dataset = a_sealed_version(operator)
    made = [a_model_version(dataset, each, operator) for each in two_model_directories]
    for version in made:
        run = version.run
        run.training_args = {"model": "linear"}
        run.save()
        for step, loss in enumerate([0.9, 0.5, 0.3], start=1):
            JobMetric.objects.create(
                job=run.job, attempt=0, name="loss", value=loss, step=step
            )
    return made


def runs_of(client, name="loans"):
    experiment = client.get_experiment_by_name(name)
    return client.search_runs([experiment.experiment_id])


def test_a_registered_version_is_told_with_its_run_and_files(store, client, versions):
    version = versions[0]

    deliver_due(store)

    mirrored = version.mirrored
    run = client.get_run(mirrored.mlflow_run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["preciso.job_id"] == str(version.run.job_id)
    assert run.data.tags["preciso.attempt"] == "0"
    assert run.data.tags["preciso.dataset_sha256"] == version.run.dataset_version.sha256
    assert run.data.tags["preciso.run_id"] == str(version.run_id)
    assert run.data.params["trainer"] == "decision"
    assert run.data.params["arg.model"] == "linear"
    curve = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in curve] == [
        (1, 0.9),
        (2, 0.5),
        (3, 0.3),
    ]
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert files == {"model", "dataset.json", "evaluation.json", "report.json"}
    model = {file.path for file in client.list_artifacts(run.info.run_id, "model")}
    assert "model/model.json" in model
    registered = client.get_model_version("loans", mirrored.mlflow_version)
    assert registered.run_id == run.info.run_id
    assert registered.tags["preciso.model_version_id"] == str(version.pk)
    assert TrainingRun.objects.get(pk=version.run_id).mlflow_run_id == run.info.run_id
    assert MirroredExperiment.objects.get().name == "loans"


def test_the_manifest_names_the_dataset_and_carries_no_row_of_it(
    store, client, versions, tmp_path
):
    deliver_due(store)

    run_id = versions[0].mirrored.mlflow_run_id
    path = client.download_artifacts(run_id, "dataset.json", str(tmp_path))
    with open(path, encoding="utf-8") as file:
        manifest = json.load(file)
    dataset = versions[0].run.dataset_version
    assert manifest["sha256"] == dataset.sha256
    assert manifest["sample_count"] == dataset.sample_count
    assert "income" not in json.dumps(manifest)


def test_telling_everything_twice_makes_nothing_twice(store, client, versions):
    deliver_due(store)
    OutboxEvent.objects.update(delivered_at=None)

    assert deliver_due(store) == 2

    assert len(runs_of(client)) == 2
    assert len(client.search_model_versions("name = 'loans'")) == 2
    run_id = versions[0].mirrored.mlflow_run_id
    assert len(client.get_metric_history(run_id, "loss")) == 3


def test_a_run_that_was_told_by_half_is_finished(store, client, versions):
    deliver_due(store)
    run_id = versions[0].mirrored.mlflow_run_id
    client.update_run(run_id, status="RUNNING")
    MirroredVersion.objects.all().delete()
    OutboxEvent.objects.update(delivered_at=None)

    deliver_due(store)

    assert client.get_run(run_id).info.status == "FINISHED"
    assert len(runs_of(client)) == 2


def test_a_model_whose_files_are_gone_is_told_without_them(store, client, versions):
    from django.core.files.storage import storages

    run = versions[0].run
    storages["artifacts"].delete(f"{run.artifact_prefix}/model.json")

    deliver_due(store)

    run_id = versions[0].mirrored.mlflow_run_id
    assert client.get_run(run_id).info.status == "FINISHED"
    assert client.list_artifacts(run_id, "model") == []


def test_the_alias_follows_select_and_rollback(store, client, versions, operator):
    first, second = versions

    select_version(first, by=operator)
    deliver_due(store)
    assert serving(client) == first.mirrored.mlflow_version

    select_version(second, by=operator)
    deliver_due(store)
    assert serving(client) == second.mirrored.mlflow_version

    roll_back(by=operator)
    deliver_due(store)
    assert serving(client) == first.mirrored.mlflow_version


def serving(client, name="loans"):
    return str(client.get_model_version_by_alias(name, "serving").version)


def test_while_serving_is_stopped_the_alias_names_nothing(
    store, client, versions, operator
):
    """A program that loads by the alias gets an error, not what was stopped."""
    first, second = versions
    for version in versions:
        select_version(version, by=operator)
    deliver_due(store)
    assert serving(client) == second.mirrored.mlflow_version

    stop_serving(by=operator, reason="Odd.")
    deliver_due(store)
    assert_no_alias(client)
    stopped = OutboxEvent.objects.latest("pk")
    assert (stopped.result, stopped.last_error) == ({"stopped": True}, "")

    start_serving(by=operator, reason="Fine.")
    deliver_due(store)
    assert serving(client) == second.mirrored.mlflow_version

    stop_serving(by=operator, reason="Odd again.")
    roll_back(by=operator)
    deliver_due(store)
    assert serving(client) == first.mirrored.mlflow_version


def test_a_switch_told_late_does_not_bring_back_what_was_stopped(
    store, client, versions, operator
):
    deliver_due(store)
    select_version(versions[0], by=operator)
    late = OutboxEvent.objects.get(key=f"period:{ServingPeriod.objects.get().pk}")
    OutboxEvent.objects.filter(pk=late.pk).update(
        try_after=timezone.now() + timedelta(hours=1)
    )
    stop_serving(by=operator, reason="Odd.")
    deliver_due(store)

    OutboxEvent.objects.filter(pk=late.pk).update(try_after=DatabaseNow())
    deliver_due(store)

    assert_no_alias(client)
    late.refresh_from_db()
    assert late.result == {"superseded": True}


def test_stopping_takes_the_alias_from_every_name(store, client, versions, operator):
    first, second = versions
    type(second).objects.filter(pk=second.pk).update(name="cards", version=1)
    select_version(first, by=operator)
    deliver_due(store)
    # Somebody put it there by hand, which nothing of ours would take away.
    client.set_registered_model_alias("cards", "serving", "1")

    stop_serving(by=operator, reason="Odd.")
    deliver_due(store)

    for name in ("loans", "cards"):
        assert_no_alias(client, name)


def assert_no_alias(client, name="loans"):
    assert "serving" not in client.get_registered_model(name).aliases


def test_a_late_message_about_an_ended_period_changes_nothing(
    store, client, versions, operator
):
    first, second = versions
    select_version(first, by=operator)
    late = OutboxEvent.objects.get(key=f"period:{ServingPeriod.objects.get().pk}")
    OutboxEvent.objects.filter(pk=late.pk).update(
        try_after=timezone.now() + timedelta(hours=1)
    )
    select_version(second, by=operator)
    deliver_due(store)

    OutboxEvent.objects.filter(pk=late.pk).update(try_after=DatabaseNow())
    deliver_due(store)

    assert serving(client) == second.mirrored.mlflow_version
    late.refresh_from_db()
    assert late.result == {"superseded": True}


def test_an_older_moment_never_replaces_a_newer_one_in_mlflow_itself(
    store, client, versions
):
    deliver_due(store)

    assert store.point_alias("loans", "2", since="2026-02-01T00:00:00.000000+00:00")
    assert not store.point_alias("loans", "1", since="2026-01-31T23:59:59.999999+00:00")

    assert serving(client) == "2"


def test_the_alias_leaves_a_name_when_another_model_serves(
    store, client, versions, operator
):
    from mlflow.exceptions import MlflowException

    first, second = versions
    type(second).objects.filter(pk=second.pk).update(name="cards", version=1)
    second.refresh_from_db()
    select_version(first, by=operator)
    deliver_due(store)

    select_version(second, by=operator)
    deliver_due(store)

    assert serving(client, "cards") == "1"
    with pytest.raises(MlflowException, match="alias"):
        client.get_model_version_by_alias("loans", "serving")


def test_a_switch_waits_until_mlflow_knows_the_version(
    store, client, versions, operator
):
    select_version(versions[0], by=operator)
    told = OutboxEvent.objects.filter(kind="version_registered")
    told.update(try_after=timezone.now() + timedelta(hours=1))
    deliver_due(store)
    switch = OutboxEvent.objects.get(kind="serving_changed")
    assert (switch.delivered_at, switch.tries) == (None, 1)
    assert "does not know" in switch.last_error
    assert switch.trouble == "not_yet"

    told.update(try_after=DatabaseNow())
    deliver_due(store)
    deliver_due(store)

    assert serving(client) == versions[0].mirrored.mlflow_version


def test_what_fails_waits_longer_each_time_and_holds_up_nothing(store, versions):
    poison = OutboxEvent.objects.create(
        id=-1,  # before everything else
        kind="version_registered",
        key="version:0",
        payload={"model_version_id": 0},
    )
    waits = []
    for _round in range(3):
        deliver_due(store)
        poison.refresh_from_db()
        waits.append(poison.try_after - timezone.now())
        OutboxEvent.objects.filter(pk=poison.pk).update(try_after=DatabaseNow())

    assert waits[0] < waits[1] < waits[2]
    assert "does not exist" in poison.last_error
    assert poison.trouble == "refused"
    assert MirroredVersion.objects.count() == 2


def test_a_refused_port_makes_everything_due_wait_together(versions, settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        uri = f"http://mlops:hunter2@127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(mlflow_client.Unreachable) as refused:
            mlflow_client.connect(uri, artifact_root=settings.DATA_DIR)

    postpone_due(refused.value)

    assert not OutboxEvent.objects.due().exists()
    assert OutboxEvent.objects.failing().count() == 2
    assert not outbox.is_work_due()
    status = api("Viewer").get("mlflow/status").json()
    assert (status["pending"], status["failing"]) == (2, 2)
    assert set(OutboxEvent.objects.values_list("trouble", flat=True)) == {"no_answer"}
    assert "refused" in status["last_error"]
    assert "hunter2" not in status["last_error"]


class Refusing(BaseHTTPRequestHandler):
    """Answers every question with the status of its first path, and says little."""

    def do_GET(self):
        self.send_error(int(self.path.split("/")[1]))

    do_POST = do_GET

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def refusing():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(401, "not_let_in"), (403, "not_let_in"), (400, "refused"), (404, "refused")],
)
def test_what_went_wrong_is_a_code_from_the_answers_status(refusing, status, trouble):
    with pytest.raises(mlflow_client.Unreachable) as refused:
        mlflow_client.connect(f"{refusing}/{status}", artifact_root=None)

    assert trouble_of(refused.value) == trouble


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(ENOSPC, "No space left on device"), "no_room"),
        (KeyError("disk 401 refused"), "refused"),
        (TimeoutError(), "no_answer"),
    ],
)
def test_words_in_an_error_mean_nothing(error, trouble):
    assert trouble_of(error) == trouble


@pytest.mark.long
def test_a_real_server_over_http_is_told_the_same(
    versions, operator, tmp_path, settings
):
    select_version(versions[0], by=operator)
    with mlflow_server(tmp_path) as uri:
        settings.MLFLOW_TRACKING_URI = uri
        store = mlflow_client.connect(uri, artifact_root=settings.DATA_DIR)
        deliver_due(store)
        OutboxEvent.objects.update(delivered_at=None)
        deliver_due(store)

        client = client_of(uri)
        assert OutboxEvent.objects.undelivered().count() == 0
        assert len(runs_of(client)) == 2
        assert serving(client) == versions[0].mirrored.mlflow_version
        run_id = versions[0].mirrored.mlflow_run_id
        model = {file.path for file in client.list_artifacts(run_id, "model")}
        assert "model/model.json" in model


@contextmanager
def mlflow_server(folder):
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}"]
    command += ["--artifacts-destination", str(folder / "served")]
    server = Popen(command, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)
    uri = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(uri), within=120, what="the MLflow server answering")
        yield uri
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # it has workers of its own
        server.wait()


def answers(uri):
    try:
        mlflow_client.connect(uri, artifact_root=None)
    except mlflow_client.Unreachable:
        return False
    return True


def test_a_run_started_by_hand_gets_its_mlflow_id_a_moment_later(store, client):
    caller = api("Operator")

    started = caller.post(
        "mlflow/runs/start",
        {
            "experiment": "by hand",
            "name": "try",
            "params": {"c": 1},
            "tags": {"a": "b"},
        },
    )
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    assert started.json()["mlflow_run_id"] is None
    deliver_due(store)

    answer = caller.get(f"mlflow/runs/{started.json()['id']}").json()
    assert answer["status"] == "started"
    run = client.get_run(answer["mlflow_run_id"])
    assert (run.info.status, run.info.run_name) == ("RUNNING", "try")
    assert (run.data.params, run.data.tags["a"]) == ({"c": "1"}, "b")
    experiments = caller.get("mlflow/experiments").json()["items"]
    assert [each["name"] for each in experiments] == ["by hand"]
    assert AuditEvent.objects.filter(action="mlflow.run_started").exists()


def test_names_that_mlflow_refuses_are_spelt_so_that_it_takes_them(store, client):
    record = mlflow_client.RunRecord(
        experiment="names",
        name="names",
        identity={"preciso.job_id": "1"},
        started=0,
        ended=1,
        params={"../up": 1, "a{b}": [1, {"c": "보류"}], "long": "x" * 9000},
        metrics=[
            mlflow_client.MetricPoint("정확도/보류", 0.5, 1),
            mlflow_client.MetricPoint(".", 1, 1),
        ],
    )

    run = client.get_run(store.tell_run(record).run_id)

    assert run.data.params["a_b_"] == '[1, {"c": "보류"}]'
    assert len(run.data.params["long"]) == 6000
    assert run.data.metrics["정확도/보류"] == 0.5
