"""Packing the evidence of a model version: one file that can be checked elsewhere."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from mlops.evidence import items, long_lists, pack_page
from mlops.evidence.pack_format import Packer, PackTooLarge, render
from mlops.models import ModelVersion, ServingPeriod
from training.errors import DomainError
from training.models import AuditEvent
from training.models.audit import Actor
from training.services.audit.chain import chain_events

Json = dict[str, Any]


class EvidenceTooLarge(DomainError):
    """More than one zip can hold."""

    code = "too_large"


@dataclass(frozen=True)
class Pack:
    """A finished pack, open at its beginning; who asked for it closes the file."""

    file: BinaryIO
    name: str
    head: str


@dataclass
class ListSummary:
    """What the page for people needs of a long list, collected as it is written."""

    count: int = 0
    first: list[Json] = field(default_factory=list)
    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    older: list[int] = field(default_factory=list)  # reviews without a proof of theirs

    def lines(self, rows: Iterable[Json]) -> Iterator[bytes]:
        for row in rows:
            self.count += 1
            if len(self.first) < pack_page.ROWS_ON_PAGE:
                self.first.append(row)
            if "action" in row:
                self.people[row["by"], row["action"]] += 1
                if "content" not in (row["event"] or {}):
                    self.older.append(row["review"])
            yield long_lists.line(row)

    def as_json(self) -> Json:
        people = [[*who, n] for who, n in sorted(self.people.items())]
        return {"count": self.count, "first": self.first, "people": people}


def pack_version(version: ModelVersion, *, by: Actor) -> Pack:
    """Pack what is on record about a version, and write its head to the audit trail.

    Packing twice gives equal bytes unless something about the version changed. Raises
    NotAllowedNow if the sealed file is gone, SealedFileChanged if it is not what was
    sealed, EvidenceTooLarge above four gigabytes; then nothing was written.
    """
    chain_events()  # what happened a moment ago has its link too
    with ExitStack() as at_failure:
        target = at_failure.enter_context(TemporaryFile())
        with TemporaryFile() as body:
            head, count = _write_pack(target, Packer(body), version)
        size = target.tell()
        target.seek(0)
        _record_packing(version, by=by, head=head, bytes=size, items=count)
        at_failure.pop_all()
    name = slugify(version.name) or "model"
    return Pack(target, f"evidence-{name}-v{version.version}.zip", head)


def _write_pack(
    target: BinaryIO, packer: Packer, version: ModelVersion
) -> tuple[str, int]:
    """Write the pack; returns its head and the number of its items."""
    _add_items(packer, version)
    try:
        return packer.write(target), len(packer.items)
    except PackTooLarge as large:
        raise EvidenceTooLarge(
            _("The evidence is more than 4 GB, which a pack cannot hold.")
        ) from large


@transaction.atomic
def _record_packing(version: ModelVersion, *, by: Actor, **detail: Any) -> None:
    AuditEvent.objects.record(long_lists.PACKED, actor=by, subject=version, **detail)


def _add_items(packer: Packer, version: ModelVersion) -> None:
    """All items, in the order of their chain."""
    periods = items.periods_of(version)
    content = _short_items(version, periods)
    for name, value in content.items():
        packer.add(f"{name}.json", [render(value)])
    lists = _add_lists(packer, version, periods)
    before = list(packer.items)
    packer.add("report.html", pack_page.page(content, lists, before))


def _short_items(version: ModelVersion, periods: list[ServingPeriod]) -> Json:
    return {
        "version": items.version_item(version),
        "metrics": items.metrics_item(version),
        "serving": items.serving_item(periods),
        "promotion": items.promotion_item(version),
        "run": items.run_item(version),
        "artifacts": items.artifacts_item(version),
        "dataset": items.dataset_item(version.run.dataset_version),
    }


def _add_lists(
    packer: Packer, version: ModelVersion, periods: list[ServingPeriod]
) -> Json:
    """Write them as they are read; returns what the page needs of them."""
    packer.add("samples.ndjson", long_lists.sample_lines(version.run))
    approvals, audit = ListSummary(), ListSummary()
    rows = long_lists.approvals(version.run)
    packer.add("approvals.ndjson", approvals.lines(rows))
    take_overs = long_lists.take_over_events(version, periods, approvals.older)
    excerpt = long_lists.audit_excerpt(version, periods, take_overs)
    packer.add("audit.ndjson", audit.lines(excerpt))
    return {"approvals": approvals.as_json(), "audit": audit.as_json()}
