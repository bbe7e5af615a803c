"""Whether the items of an evidence pack fit each other: links, records, files, counts.

Plain Python, as ``mlops.verify`` that runs them.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mlops.evidence.pack_format import event_sha256, link_hash, record_hash, said_of
from training.canonical import sha256_json

WITH_RECORDS = (
    "version.json", "serving.json", "promotion.json", "run.json", "dataset.json",
)  # fmt: skip
NOTHING = {"action": "", "decision": "", "confidence": None, "source": ""}
WEAK = ("audit.taken_over", "audit.covered")
Json = dict[str, Any]
Said = dict[tuple[str, int], tuple[int, str]]


class Items(Protocol):
    """What a pack tells of its items."""

    def json(self, path: str) -> Any: ...

    def lines(self, path: str) -> Iterator[tuple[int, Any]]: ...


Check = Callable[[Items], Iterator[str]]


def _audit_fits(pack: Items) -> Iterator[str]:
    for number, event in pack.lines("audit.ndjson"):
        if not _fits(event_sha256(event["event"]), event["link"]):
            yield (
                f"audit.ndjson, line {number}: event {event['event']['id']} does not "
                "fit its link of the audit trail."
            )


def _approvals_fit(pack: Items) -> Iterator[str]:
    said = _said(pack)
    for number, review in pack.lines("approvals.ndjson"):
        told = review["event"]
        if told and not _fits(told["content_sha256"], told["link"]):
            yield (
                f"approvals.ndjson, line {number}: event {told['id']} does not fit "
                "its link of the audit trail."
            )
        event = _event_against(review, told or {}, said)
        if event:
            yield (
                f"approvals.ndjson, line {number}: review {review['review']} is not "
                f"what event {event} says of it."
            )


def _event_against(review: Json, told: Json, said: Said) -> int | None:
    """The event that says otherwise of a review: its own or, where it is older than
    the hashes in events, the one that took it over; None: none does."""
    content, record = told.get("content"), review["record"]
    event, expected = said.get(("review", review["review"]), (0, ""))
    if content is not None:
        event, expected = int(told["id"]), said_of(content, record)
        if event_sha256(content) != told["content_sha256"]:
            return event
    if not event:
        return None
    shown = all(
        record["columns"].get(name, NOTHING[name]) == review[name] for name in NOTHING
    )
    fits = record["id"] == review["review"] and expected == record_hash(record)
    return None if shown and fits else event


def _said(pack: Items) -> Said:
    """The newest event that tells of each row; one that took it over yields to any."""
    said: Said = {}
    taken: Said = {}
    for _number, line in pack.lines("audit.ndjson"):
        event = line["event"]
        for known in event.get("records", []):
            key, told = (known["type"], known["id"]), (event["id"], known["sha256"])
            if event["action"] in WEAK:
                taken.setdefault(key, told)
            else:
                said[key] = max(said.get(key, (0, "")), told)
    return {**taken, **said}


def _records_fit(pack: Items) -> Iterator[str]:
    """The rows of the short items beside the event that tells of each."""
    said = _said(pack)
    for path, record in _short_records(pack):
        told = said.get((record["type"], record["id"]))
        if told and told[1] != record_hash(record):
            yield (
                f"{path}: {record['type']} {record['id']} is not what event {told[0]} "
                "says of it."
            )


def _short_records(pack: Items) -> Iterator[tuple[str, Json]]:
    for path in WITH_RECORDS:
        value = pack.json(path)
        for each in value if isinstance(value, list) else [value]:
            if each and "record" in each:
                yield path, each["record"]


def _fits(content_sha256: str, link: dict[str, Any] | None) -> bool:
    """An event that was not chained yet when it was packed has nothing to fit."""
    return not link or link_hash(link["before"], content_sha256) == link["hash"]


def _samples_are_all_there(pack: Items) -> Iterator[str]:
    promised = pack.json("dataset.json")["samples"]
    found = sum(1 for _line in pack.lines("samples.ndjson"))
    if found != promised:
        yield f"samples.ndjson has {found} samples; dataset.json says {promised}."


def _artifacts_fit(pack: Items) -> Iterator[str]:
    told = pack.json("artifacts.json")
    files = sorted([f["path"], f["size"], f["sha256"]] for f in told["files"])
    if sha256_json(files) != told["sha256"]:
        yield "artifacts.json: the files do not have the hash of the model version."


CHECKS: list[Check] = [
    _audit_fits,
    _approvals_fit,
    _records_fit,
    _samples_are_all_there,
    _artifacts_fit,
]
