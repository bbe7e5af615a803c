"""Writes to MLflow: the only module that imports mlflow.

Every call is idempotent: runs are found again by their tags, versions by their run, and
the alias carries the moment since which its version serves, so that an older moment
never replaces a newer one.

Importing mlflow takes seconds and about 160 MB, so it happens inside functions, and
those run in a process of their own (see mlops/management/commands/mirror.py).
"""

import json
import posixpath
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preciso import env
from preciso.redaction import redact

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

ALIAS = "serving"
SERVES_SINCE = "preciso.serves_since"
FINISHED = "FINISHED"
METRICS_PER_CALL = 1000
PARAMS_PER_CALL = 100
NAME_LENGTH, VALUE_LENGTH = 250, 6000

QUIET_CLIENT = {  # read by mlflow while it is imported, so they are set before that
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "MLFLOW_MODEL_CATALOG_URI": "",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


class Unreachable(Exception):
    """MLflow does not answer; whatever is due has to wait."""


@dataclass(frozen=True)
class MetricPoint:
    name: str
    value: float
    timestamp: int  # milliseconds since 1970
    step: int = 0


@dataclass(frozen=True)
class RunRecord:
    """One training run as MLflow shall show it."""

    experiment: str
    name: str
    identity: Mapping[str, str]  # tags: together they name one run, for ever
    started: int
    ended: int | None = None  # None: it is still going on, somebody else ends it
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Sequence[MetricPoint] = ()
    model_dir: Path | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)  # file name -> JSON


@dataclass(frozen=True)
class MlflowRun:
    """The ids that MLflow gave a run and its experiment."""

    experiment_id: str
    run_id: str


class Store:
    """One MLflow, local or behind HTTP."""

    def __init__(self, client: "MlflowClient", *, artifact_root: Path | None) -> None:
        self._client = client
        self._artifact_root = artifact_root

    def ping(self) -> None:
        """Raises Unreachable if MLflow does not answer within some seconds."""
        try:
            self._client.search_experiments(max_results=1)
        except Exception as error:  # errors of requests, SQLAlchemy, alembic, mlflow
            raise Unreachable(as_text(error)) from error

    def tell_run(self, record: RunRecord) -> MlflowRun:
        """Write the run with all that belongs to it, or finish writing it."""
        experiment_id = self._experiment(record.experiment)
        run = self._find_run(experiment_id, record.identity)
        if run is None:
            run = self._client.create_run(
                experiment_id,
                start_time=record.started,
                tags={
                    **{_as_name(name): value for name, value in record.tags.items()},
                    **record.identity,
                },
                run_name=record.name,
            )
        if run.info.status != FINISHED:
            self._fill_run(run.info.run_id, record)
        return MlflowRun(experiment_id, run.info.run_id)

    def tell_version(
        self, name: str, run_ids: MlflowRun, tags: Mapping[str, str]
    ) -> str:
        """Register the run's model under a name; the number MLflow gave it."""
        versions = self._client.search_model_versions(f"run_id = '{run_ids.run_id}'")
        numbers = [str(each.version) for each in versions if each.name == name]
        if numbers:
            return numbers[0]
        self._ensure_registered_model(name)
        run = self._client.get_run(run_ids.run_id)
        version = self._client.create_model_version(
            name,
            source=f"{run.info.artifact_uri}/model",
            run_id=run_ids.run_id,
            tags=dict(tags),
        )
        return str(version.version)

    def point_alias(self, name: str, version: str, *, since: str) -> bool:
        """Let the alias name the version that serves since then.

        ``since`` compares as text. False, and nothing changed, if a later moment has
        been told already.
        """
        tags = self._client.get_registered_model(name).tags or {}
        if tags.get(SERVES_SINCE, "") > since:
            return False
        self._client.set_registered_model_alias(name, ALIAS, version)
        self._client.set_registered_model_tag(name, SERVES_SINCE, since)
        return True

    def forget_since(self, name: str) -> None:
        """Forget since when the alias holds: that moment was wrong."""
        self._client.set_registered_model_tag(name, SERVES_SINCE, "")

    def drop_alias(self, name: str, *, since: str) -> bool:
        """Remove the alias from this name: another model serves since then."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        try:
            model = self._client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        if (model.tags or {}).get(SERVES_SINCE, "") > since:
            return False
        if ALIAS in (model.aliases or {}):
            self._client.delete_registered_model_alias(name, ALIAS)
        self._client.set_registered_model_tag(name, SERVES_SINCE, since)
        return True

    def _experiment(self, name: str) -> str:
        known = self._client.get_experiment_by_name(name)
        if known is None:
            root = self._artifact_root
            location = (root / _as_file_name(name)).as_uri() if root else None
            return str(self._client.create_experiment(name, location))
        if known.lifecycle_stage == "deleted":
            self._client.restore_experiment(known.experiment_id)
        return str(known.experiment_id)

    def _find_run(
        self, experiment_id: str, identity: Mapping[str, str]
    ) -> "Run | None":
        conditions = [f"tags.`{tag}` = '{value}'" for tag, value in identity.items()]
        runs = self._client.search_runs(
            [experiment_id], " AND ".join(conditions), max_results=1
        )
        return runs[0] if runs else None

    def _fill_run(self, run_id: str, record: RunRecord) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415

        params = [
            Param(_as_name(name), _as_value(value))
            for name, value in record.params.items()
        ]
        metrics = [
            Metric(_as_name(point.name), point.value, point.timestamp, point.step)
            for point in record.metrics
        ]
        for some in _chunks(params, PARAMS_PER_CALL):
            self._client.log_batch(run_id, params=some)
        for some in _chunks(metrics, METRICS_PER_CALL):
            self._client.log_batch(run_id, metrics=some)
        if record.model_dir is not None:
            self._client.log_artifacts(run_id, str(record.model_dir), "model")
        self._write_documents(run_id, record.documents)
        if record.ended is not None:
            self._client.set_terminated(run_id, FINISHED, record.ended)

    def _write_documents(self, run_id: str, documents: Mapping[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            for name, content in documents.items():
                path = Path(scratch) / name
                path.write_text(
                    json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8"
                )
                self._client.log_artifact(run_id, str(path))

    def _ensure_registered_model(self, name: str) -> None:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def connect(tracking_uri: str, *, artifact_root: Path) -> Store:
    """The MLflow at that address; a local store is made if there is none yet.

    Only one process may make a local store: hold the mirror's lease. Raises
    Unreachable if MLflow does not answer within some seconds.
    """
    for name, value in QUIET_CLIENT.items():
        env.set_default(name, value)
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    remote = tracking_uri.startswith(("http://", "https://"))
    client = MlflowClient(tracking_uri, registry_uri=tracking_uri)
    store = Store(client, artifact_root=None if remote else artifact_root)
    store.ping()
    return store


def as_text(error: Exception) -> str:
    """What an error says, without secrets, such as the password that MLflow repeats."""
    text = re.sub(r"//[^/@\s]+@", "//", str(error)).strip()
    return redact(text) or type(error).__name__


def _as_name(name: str) -> str:
    """The nearest name that MLflow takes for a metric or a parameter."""
    known = re.sub(r"[^\w.\- :/]", "_", name)[:NAME_LENGTH] or "_"
    is_path = posixpath.normpath(known) != known or known[0] in "./"
    return re.sub(r"[/.]", "_", known) if is_path else known


def _as_value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:VALUE_LENGTH]


def _as_file_name(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name).strip(".") or "_"


def _chunks(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
