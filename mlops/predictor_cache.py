"""Predictors in memory: loaded once per process, verified, the last ones kept warm."""

import threading
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops import predictors
from mlops.choices import Problem
from mlops.models import ModelVersion
from mlops.predictors import ModelFormatError, Predictor, UnknownFlavor
from training.artifacts import (
    ArtifactChanged,
    ArtifactMissing,
    fetch_directory,
    manifest_sha256,
)

KEEP_WARM = 3  # so that a rollback, and the roll forward after it, is instant


class CannotServe(Exception):
    """A version that must not serve: which problem, and its technical detail."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


def load_directory(directory: Path) -> Predictor:
    """Load a model directory and ask it a test case. Raises CannotServe."""
    try:
        predictor = predictors.load(directory)
    except UnknownFlavor as unknown:
        raise CannotServe(Problem.UNKNOWN_FLAVOR, str(unknown)) from unknown
    except ModelFormatError as wrong:
        raise CannotServe(Problem.DOES_NOT_LOAD, str(wrong)) from wrong
    try:
        answers = predictor.predict([[]])
        if not 0 <= answers[0].confidence <= 1:
            raise ValueError(f"confidence {answers[0].confidence}")
    except Exception as failure:
        raise CannotServe(Problem.PROBE_FAILED, str(failure)) from failure
    return predictor


def load_version(version: ModelVersion) -> Predictor:
    """Fetch the registered files, check every hash, load. Raises CannotServe."""
    run = version.run
    if manifest_sha256(run.artifacts) != version.sha256:
        raise CannotServe(Problem.ARTIFACT_CHANGED, "the manifest has another hash")
    with TemporaryDirectory(prefix="preciso-model-") as directory:
        try:
            files = fetch_directory(run.artifact_prefix, run.artifacts, Path(directory))
        except ArtifactMissing as gone:
            raise CannotServe(Problem.ARTIFACT_MISSING, str(gone)) from gone
        except ArtifactChanged as changed:
            raise CannotServe(Problem.ARTIFACT_CHANGED, str(changed)) from changed
        return load_directory(files)


class PredictorStore:
    """The predictors of this process, the least recently used one dropped first.

    Thread-safe; of several threads that need the same version, one loads it.
    """

    def __init__(self, keep: int = KEEP_WARM) -> None:
        self._keep = keep
        self._loaded: OrderedDict[int, Predictor] = OrderedDict()
        self._versions: dict[int, ModelVersion] = {}
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    def get(self, version_id: int) -> Predictor:
        """The predictor of a version. Raises CannotServe if it cannot be loaded."""
        predictor = self._warm(version_id)
        if predictor is not None:
            return predictor
        with self._loading:
            # Another thread may have loaded it while this one waited for the lock.
            predictor = self._warm(version_id)
            if predictor is None:
                predictor = load_version(self.version(version_id))
                self.store(version_id, predictor)
        return predictor

    def version(self, version_id: int) -> ModelVersion:
        """The version's row as it was first read: its name and number never change."""
        row = self._versions.get(version_id)
        if row is None:
            row = ModelVersion.objects.select_related("run").get(pk=version_id)
            self._versions[version_id] = row
        return row

    def store(self, version_id: int, predictor: Predictor) -> None:
        """Add a predictor that was just loaded; its row is read again when needed."""
        with self._lock:
            self._versions.pop(version_id, None)
            self._loaded[version_id] = predictor
            self._loaded.move_to_end(version_id)
            while len(self._loaded) > self._keep:
                dropped, _predictor = self._loaded.popitem(last=False)
                self._versions.pop(dropped, None)

    def _warm(self, version_id: int) -> Predictor | None:
        with self._lock:
            predictor = self._loaded.get(version_id)
            if predictor is not None:
                self._loaded.move_to_end(version_id)
            return predictor

    def clear(self) -> None:
        with self._lock:
            self._loaded.clear()
            self._versions.clear()


STORE = PredictorStore()
