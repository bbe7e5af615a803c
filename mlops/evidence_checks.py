"""Whether the items of an evidence pack fit each other: links, records, files, counts.

Plain Python, as ``mlops.verify`` that runs them.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mlops.evidence_format import event_sha256, link_hash, record_hash, said_of
from training.canonical import sha256_json

WITH_RECORDS = (
    "version.json", "serving.json", "promotion.json", "run.json", "dataset.json",
)  # fmt: skip
NOTHING = {"action": "", "decision": "", "confidence": None, "source": ""}
Json = dict[str, Any]


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
    for number, review in pack.lines("approvals.ndjson"):
        told = review["event"]
        if not told:
            continue
        if not _fits(told["content_sha256"], told["link"]):
            yield (
                f"approvals.ndjson, line {number}: event {told['id']} does not fit "
                "its link of the audit trail."
            )
        if not _review_is_as_told(review, told):
            yield (
                f"approvals.ndjson, line {number}: review {review['review']} is not "
                f"what event {told['id']} says of it."
            )


def _review_is_as_told(review: Json, told: Json) -> bool:
    """A review older than the hashes of records has no content to be held against."""
    content, record = told.get("content"), review["record"]
    if content is None:
        return True
    shown = all(
        record["columns"].get(name, NOTHING[name]) == review[name] for name in NOTHING
    )
    return (
        shown
        and record["id"] == review["review"]
        and event_sha256(content) == told["content_sha256"]
        and said_of(content, record) == record_hash(record)
    )


def _records_fit(pack: Items) -> Iterator[str]:
    """The rows of the short items beside the newest event that tells of each."""
    said: dict[tuple[str, int], tuple[int, str]] = {}
    for _number, line in pack.lines("audit.ndjson"):
        event = line["event"]
        for known in event.get("records", []):
            key = (known["type"], known["id"])
            said[key] = max(said.get(key, (0, "")), (event["id"], known["sha256"]))
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
