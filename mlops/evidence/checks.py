"""Whether the items of an evidence pack agree: links, records, files, counts.

Plain Python, like ``mlops.verify``, which runs these checks.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mlops.evidence.pack_format import (
    event_sha256,
    hash_in_event,
    link_hash,
    record_hash,
)
from training.canonical import sha256_json

WITH_RECORDS = (
    "version.json", "serving.json", "promotion.json", "run.json", "dataset.json",
)  # fmt: skip
DEFAULTS = {"action": "", "decision": "", "confidence": None, "source": ""}
# Events that took over the hashes of rows which are older than such hashes.
TAKE_OVERS = ("audit.taken_over", "audit.covered")
Json = dict[str, Any]
# By type and id of a row: the id of its newest event, and the row's hash there.
RecordHashes = dict[tuple[str, int], tuple[int, str]]


class Items(Protocol):
    """The content of a pack's items."""

    def json(self, path: str) -> Any: ...

    def lines(self, path: str) -> Iterator[tuple[int, Any]]: ...


PackCheck = Callable[[Items], Iterator[str]]


def _audit_fits(pack: Items) -> Iterator[str]:
    for number, event in pack.lines("audit.ndjson"):
        if not _fits(event_sha256(event["event"]), event["link"]):
            yield (
                f"audit.ndjson, line {number}: event {event['event']['id']} does not "
                "fit its link of the audit trail."
            )


def _approvals_fit(pack: Items) -> Iterator[str]:
    hashes = _record_hashes(pack)
    for number, review in pack.lines("approvals.ndjson"):
        event = review["event"]
        if event and not _fits(event["content_sha256"], event["link"]):
            yield (
                f"approvals.ndjson, line {number}: event {event['id']} does not fit "
                "its link of the audit trail."
            )
        contradiction = _contradicting_event(review, event or {}, hashes)
        if contradiction:
            yield (
                f"approvals.ndjson, line {number}: review {review['review']} is not "
                f"what event {contradiction} says of it."
            )


def _contradicting_event(review: Json, event: Json, hashes: RecordHashes) -> int | None:
    """The id of the event that contradicts a review, or None.

    That is the review's own event. For a review that is older than the hashes in
    events, it is the event that took the review over.
    """
    content, record = event.get("content"), review["record"]
    event_id, expected = hashes.get(("review", review["review"]), (0, ""))
    if content is not None:
        event_id, expected = int(event["id"]), hash_in_event(content, record)
        if event_sha256(content) != event["content_sha256"]:
            return event_id
    if not event_id:
        return None
    columns_agree = all(
        record["columns"].get(name, DEFAULTS[name]) == review[name] for name in DEFAULTS
    )
    fits = record["id"] == review["review"] and expected == record_hash(record)
    return None if columns_agree and fits else event_id


def _record_hashes(pack: Items) -> RecordHashes:
    """The hash of each row by its newest event; a take-over counts only without one."""
    hashes: RecordHashes = {}
    take_overs: RecordHashes = {}
    for _number, line in pack.lines("audit.ndjson"):
        event = line["event"]
        for record in event.get("records", []):
            key, entry = (record["type"], record["id"]), (event["id"], record["sha256"])
            if event["action"] in TAKE_OVERS:
                take_overs.setdefault(key, entry)
            else:
                hashes[key] = max(hashes.get(key, (0, "")), entry)
    return {**take_overs, **hashes}


def _records_fit(pack: Items) -> Iterator[str]:
    """The rows of the short items are those that the events have hashes of."""
    hashes = _record_hashes(pack)
    for path in WITH_RECORDS:
        value = pack.json(path)
        for row in value if isinstance(value, list) else [value]:
            if not row or "record" not in row:
                continue
            record = row["record"]
            event_id, expected = hashes.get((record["type"], record["id"]), (0, ""))
            if event_id and expected != record_hash(record):
                yield (
                    f"{path}: {record['type']} {record['id']} is not what event "
                    f"{event_id} says of it."
                )


def _fits(content_sha256: str, link: dict[str, Any] | None) -> bool:
    """Without a link the event was not chained yet when it was packed."""
    return not link or link_hash(link["before"], content_sha256) == link["hash"]


def _samples_are_all_there(pack: Items) -> Iterator[str]:
    promised = pack.json("dataset.json")["samples"]
    count = sum(1 for _line in pack.lines("samples.ndjson"))
    if count != promised:
        yield f"samples.ndjson has {count} samples; dataset.json says {promised}."


def _artifacts_fit(pack: Items) -> Iterator[str]:
    artifacts = pack.json("artifacts.json")
    files = sorted([f["path"], f["size"], f["sha256"]] for f in artifacts["files"])
    if sha256_json(files) != artifacts["sha256"]:
        yield "artifacts.json: the files do not have the hash of the model version."


CHECKS: list[PackCheck] = [
    _audit_fits,
    _approvals_fit,
    _records_fit,
    _samples_are_all_there,
    _artifacts_fit,
]
