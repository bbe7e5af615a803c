"""The long lists of an evidence pack, read in pieces: samples, approvals, audit.

A link of the audit trail comes with the hash before it, so that a reader can compute
the link again and compare it with the trail.
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mlops.models import ModelVersion, PromotionDecision, ServingPeriod
from training.canonical import canonical_json, sha256_json
from training.choices import TrainingScope
from training.errors import DomainError
from training.models import AuditEvent, AuditLink, Review, TrainingRun
from training.records import exported_record
from training.salts import salted
from training.services.audit.chain import GENESIS, event_content, exported_event
from training.services.audit.record_coverage import BOOKKEEPING, TAKEN_OVER
from training.services.datasets.versions import open_export

Json = dict[str, Any]
PIECE = 500  # of them in memory at a time; SQLite takes 999 values in a query
PACKED = "evidence.packed"
OF_REVIEWS = (
    "case.approved", "case.needs_second", "case.rejected", "case.changes_requested",
    "case.withdrawn", "case.reopened",
)  # fmt: skip


class SealedFileChanged(DomainError):
    """The file of a sealed dataset is not what was sealed."""

    code = "artifact_changed"


def line(value: Json) -> bytes:
    return f"{canonical_json(value)}\n".encode()


def in_pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while piece := list(islice(source, PIECE)):
        yield piece


def sample_lines(run: TrainingRun) -> Iterator[bytes]:
    """Each line of the sealed file by its sample, its hash, and what the run used it
    for. Raises SealedFileChanged at the end, NotAllowedNow if there is no file.
    """
    version = run.dataset_version
    used, whole = _use(run), hashlib.sha256()
    with open_export(version) as sealed:
        for raw_line in sealed:
            whole.update(raw_line)
            row = json.loads(raw_line)
            yield line(
                {
                    "sample": int(row["id"]),
                    "case": row["case"],
                    "used": used(row),
                    "sha256": hashlib.sha256(raw_line).hexdigest(),
                }
            )
    if whole.hexdigest() != version.sha256:
        raise SealedFileChanged(
            _("The file of %(version)s is not what was sealed; nothing was packed.")
            % {"version": version}
        )


def _use(run: TrainingRun) -> Callable[[Json], str]:
    """Whether the run learnt from a line or was measured on it, or neither."""
    if run.scope == TrainingScope.ALL:
        return lambda row: str(row["split"])
    new = set(run.dataset_version.added().values_list("pk", flat=True).iterator())
    return lambda row: (
        str(row["split"])
        if row["split"] == "eval" or int(row["id"]) in new
        else "left out"
    )


def approvals(run: TrainingRun) -> Iterator[Json]:
    """Every review of the sealed cases, up to the approval that was sealed.

    Texts stay outside; ``sha256`` is over them too.
    """
    sealed = run.dataset_version.samples().order_by("pk")
    pairs = sealed.values_list("pk", "case_id", "review_id")
    for piece in in_pieces(pairs.iterator(chunk_size=PIECE)):
        yield from _approvals(piece)


def _approvals(piece: list[tuple[int, int, int]]) -> Iterator[Json]:
    sample_of = {review: sample for sample, _case, review in piece}
    until = {case: review for _sample, case, review in piece}
    reviews = Review.objects.filter(case__in=until).select_related("case", "by")
    events = _event_proofs(until)
    for review in reviews.order_by("pk"):
        if review.pk <= until[review.case_id]:
            sample = sample_of.get(review.pk)
            yield _approval(review, sample, events.get(review.pk))


def _approval(review: Review, sample: int | None, event_proof: Json | None) -> Json:
    label = event_proof.pop("by") if event_proof else review.by.get_username()
    return {
        "review": review.pk,
        "case": review.case.external_id,
        "sample": sample,
        "action": review.action,
        "decision": review.decision,
        "confidence": review.confidence,
        "source": review.source,
        "by": label,
        "at": review.at.isoformat(),
        "sha256": review_sha256(review),
        "record": exported_record(review),
        "event": event_proof,
    }


def review_sha256(review: Review) -> str:
    """The hash of all that a review says, as JSON in this order, with its salt."""
    content_hash = sha256_json(
        [
            review.pk,
            review.case_id,
            review.action,
            review.decision,
            review.rationale,
            review.reasoning,
            review.confidence,
            review.source,
            review.by_id,
            review.at.isoformat(),
        ]
    )
    return salted(review.salt, content_hash)


def _event_proofs(cases: Iterable[int]) -> dict[int, Json]:
    """By review, its event in the audit trail: who, and its place in the chain."""
    events = AuditEvent.objects.filter(
        subject_type="case",
        subject_id__in=[str(case) for case in cases],
        action__in=OF_REVIEWS,
    )
    ordered = list(events.select_related("link").order_by("pk"))
    links = _links(ordered)
    return {
        review: {
            "by": event.actor_label,
            "id": event.pk,
            "content_sha256": sha256_json(event_content(event)),
            **_proof(event),
            "link": links.get(event.pk),
        }
        for event in ordered
        for review in _reviews_of(event)
    }


def _reviews_of(event: AuditEvent) -> set[int]:
    """The ids of the event's reviews; events without records name one in the detail."""
    ids = {row["id"] for row in event.records if row["type"] == "review"}
    return ids or ({event.detail["review"]} if "review" in event.detail else set())


def _proof(event: AuditEvent) -> Json:
    """The content without its detail, if the event's link covers the detail by a hash.

    So the hash that the event has of a record can be shown without its details.
    """
    return {"content": event_content(event)} if event.records else {}


def take_over_events(
    version: ModelVersion, periods: Iterable[ServingPeriod], reviews: Iterable[int]
) -> list[int]:
    """The ids of the events that took over the hashes of the pack's rows.

    A row that is older than the hashes in events is compared with those.
    """
    run = version.run
    decisions = PromotionDecision.objects.filter(model_version=version)
    ids = {
        "review": sorted(reviews),
        "modelversion": [version.pk],
        "trainingrun": [run.pk],
        "datasetversion": [run.dataset_version_id],
        "servingperiod": sorted(period.pk for period in periods),
        "promotiondecision": sorted(decisions.values_list("pk", flat=True)),
    }
    events = AuditEvent.objects.filter(action=TAKEN_OVER, subject_type__in=ids)
    spans = events.order_by("pk").values_list(
        "pk", "subject_type", "detail__first", "subject_id"
    )
    return [
        pk
        for pk, kind, first, last in spans.iterator()
        if _reaches_into(ids[kind], int(first), int(last))
    ]


def _reaches_into(ids: list[int], first: int, last: int) -> bool:
    place = bisect_left(ids, first)
    return place < len(ids) and ids[place] <= last


def audit_excerpt(
    version: ModelVersion, periods: Iterable[ServingPeriod], take_overs: list[int]
) -> Iterator[Json]:
    """The events about the version and what it was made of, in order.

    ``take_overs`` are the ids of ``take_over_events``.
    """
    events = _about(version, periods, take_overs)
    for piece in in_pieces(events.iterator(chunk_size=PIECE)):
        links = _links(piece)
        for event in piece:
            yield {"event": exported_event(event), "link": links.get(event.pk)}


def _about(
    version: ModelVersion, periods: Iterable[ServingPeriod], take_overs: list[int]
) -> QuerySet[AuditEvent]:
    """Without the events of packing itself, so that packing again gives equal bytes."""
    run = version.run
    jobs = [run.job_id, run.dataset_version.sealing_job_id]
    subjects = (
        _subject("modelversion", [version.pk])
        | _subject("trainingrun", [run.pk])
        | _subject("pipelinejob", [job for job in jobs if job])
        | _subject("datasetversion", [run.dataset_version_id])
    ) & ~Q(action__in=BOOKKEEPING) | Q(pk__in=take_overs)
    for period in periods:  # what took over from it has another version as subject
        after = getattr(period, "followed_by", None)
        if after:
            subjects |= Q(
                subject_type="modelversion",
                subject_id=str(after.model_version_id),
                action__startswith="serving.",
                detail__period=after.pk,
            )
    events = AuditEvent.objects.filter(subjects).exclude(action=PACKED)
    return events.select_related("link").order_by("pk")


def _subject(kind: str, ids: Iterable[int]) -> Q:
    return Q(subject_type=kind, subject_id__in=[str(pk) for pk in ids])


def _links(events: list[AuditEvent]) -> dict[int, Json]:
    """The place in the chain of each event that has one, with the hash before it."""
    links = [event.link for event in events if hasattr(event, "link")]
    before = dict(
        AuditLink.objects.filter(
            position__in=[link.position - 1 for link in links]
        ).values_list("position", "hash")
    )
    return {
        link.event_id: {
            "position": link.position,
            "before": before.get(link.position - 1, GENESIS),
            "hash": link.hash,
        }
        for link in links
    }
