"""What entries of the audit trail and the access log are about, in the reader's words.

Both store each label in English, the same for everybody and for the hash. A reader of
another language sees it translated where the row still has that label; where the row
changed since, the stored label is shown, for it says what the entry was about then.
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
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.subject_type in LOADED and entry.subject_id.isdecimal():
            ids[entry.subject_type].add(int(entry.subject_id))
    loaded = {kind: LOADED[kind](keys) for kind, keys in ids.items()}
    candidates = [_candidates(entry, loaded) for entry in entries]
    with translation.override("en"):
        english = [[str(row) for row in rows] for rows in candidates]
    translated = []
    for entry, rows, known in zip(entries, candidates, english, strict=True):
        same = [
            row
            for row, label in zip(rows, known, strict=True)
            if label[:200] == entry.subject_label
        ]
        translated.append(str(same[0]) if same else entry.subject_label)
    return translated


def _candidates(entry: Entry, loaded: Mapping[str, Rows]) -> list[Model]:
    """The rows of which the label may be the name."""
    match entry.subject_type:
        case "trainingpolicy":
            return [TrainingPolicy()]
        case "servingstate":  # as it was then: on hold, or not
            return [ServingState(hold_since=timezone.now()), ServingState()]
    key = int(entry.subject_id) if entry.subject_id.isdecimal() else 0
    row = loaded.get(entry.subject_type, {}).get(key)
    return [] if row is None else [row]
