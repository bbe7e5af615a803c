"""What entries of the audit trail and the access log are about, in the reader's words.

Both keep each label in English, the same for everybody and for the hash. It is
said in another language where the row it names still bears that label: what the entry
says is shown, not what became of it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db.models import Model
from django.utils import timezone, translation

from mlops.models import ServingState
from training.models import (
    AccessEntry,
    AuditEvent,
    DatasetVersion,
    PipelineJob,
    TrainingPolicy,
    TrainingRun,
)

Entry = AuditEvent | AccessEntry
Rows = Mapping[int, Model]
LOADED: dict[str, Callable[[Iterable[int]], Rows]] = {
    "pipelinejob": PipelineJob.objects.only("kind").in_bulk,
    "datasetversion": DatasetVersion.objects.only("number").in_bulk,
    "trainingrun": TrainingRun.objects.only("model_name").in_bulk,
}


def labels(entries: Sequence[Entry]) -> list[str]:
    """One label for each entry: a query for each kind of subject, not for each row."""
    if (translation.get_language() or "en").startswith("en"):
        return [entry.subject_label for entry in entries]
    loaded = _loaded(entries)
    candidates = [_candidates(entry, loaded) for entry in entries]
    with translation.override("en"):
        english = [[str(row) for row in rows] for rows in candidates]
    found = []
    for entry, rows, known in zip(entries, candidates, english, strict=True):
        same = [
            row
            for row, label in zip(rows, known, strict=True)
            if label[:200] == entry.subject_label
        ]
        found.append(str(same[0]) if same else entry.subject_label)
    return found


def _loaded(entries: Sequence[Entry]) -> dict[str, Rows]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.subject_type in LOADED and entry.subject_id.isdecimal():
            wanted[entry.subject_type].add(int(entry.subject_id))
    return {kind: LOADED[kind](ids) for kind, ids in wanted.items()}


def _candidates(entry: Entry, loaded: Mapping[str, Rows]) -> list[Model]:
    """The rows that the label may be that of."""
    match entry.subject_type:
        case "trainingpolicy":
            return [TrainingPolicy()]
        case "servingstate":  # as it was then: on hold, or not
            return [ServingState(hold_since=timezone.now()), ServingState()]
    row = loaded.get(entry.subject_type, {}).get(_as_id(entry.subject_id))
    return [] if row is None else [row]


def _as_id(text: str) -> int:
    return int(text) if text.isdecimal() else 0
