"""How cases come in: they are posted and corrected, and outcomes are recorded."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from preciso import limits
from training import ports
from training.case_schema import CaseContent, parse_case
from training.choices import CaseStatus, NoAdviceReason
from training.errors import DomainError, NotAllowedNow
from training.models import AuditEvent, Case, CaseOutcome
from training.models.audit import Actor
from training.salts import new_salt, salted
from training.services.cases.blind_share import ALWAYS, falls_in_share
from training.services.cases.corrections import content_of, keep_revision
from training.services.policy.policies import policy
from training.values import checked_text, short_json

__all__ = [
    "CaseContent",
    "CaseDiffers",
    "PreparedCase",
    "correct_case",
    "parse_case",
    "post_case",
    "prepare_case",
    "record_outcome",
]
logger = logging.getLogger(__name__)


class CaseDiffers(DomainError):
    """The external id is known, with other content."""

    code = "case_differs"


@dataclass(frozen=True)
class PreparedCase:
    """A case, and what the serving model said of it before any transaction.

    ``advice`` is the model's, or why it gave none; None where the case brings a
    recommendation of its own.
    """

    content: CaseContent
    advice: ports.Advice | ports.NoAdvice | None


def prepare_case(content: CaseContent) -> PreparedCase:
    """Ask the model, which may take long; writes nothing."""
    return PreparedCase(content, _ask_model(content))


def post_case(content: CaseContent, *, by: Actor) -> tuple[Case, bool]:
    """Add a case; where none is recommended, the serving model recommends.

    Returns the case and whether it is new: posting the same again changes nothing.
    Raises CaseDiffers when the external id is known with other content. The model is
    asked: in a transaction, ``prepare_case`` before it and ``post_prepared`` within.
    """
    known = Case.objects.filter(external_id=content.external_id).first()
    if known:
        return _same(known, content), False
    return _insert(prepare_case(content), by, policy().blind_share)


def post_prepared(
    prepared: PreparedCase, *, by: Actor, blind_share: float
) -> tuple[Case, bool]:
    """As ``post_case``, without asking the model. ``blind_share`` is the policy's as
    the transaction reads it."""
    known = Case.objects.filter(external_id=prepared.content.external_id).first()
    if known:
        return _same(known, prepared.content), False
    return _insert(prepared, by, blind_share)


def _insert(prepared: PreparedCase, by: Actor, blind_share: float) -> tuple[Case, bool]:
    content = prepared.content
    columns = _columns(content, prepared.advice, new_salt())
    try:
        with transaction.atomic():
            case = Case.objects.create(
                **columns,
                blind=_is_blind(columns, blind_share),
                created_by=by,
            )
            AuditEvent.objects.record(
                "case.posted",
                actor=by,
                subject=case,
                records=[case],
                sha256=case.content_sha256,
            )
    except IntegrityError:  # somebody posted it between the look and the write
        return _same(Case.objects.get(external_id=content.external_id), content), False
    return case, True


def _same(known: Case, content: CaseContent) -> Case:
    if known.content_sha256 != salted(known.salt, content.sha256):
        raise CaseDiffers(
            _("Case %(case)s is already known with other content. Nothing changed.")
            % {"case": known}
        )
    return known


def _columns(
    content: CaseContent, answer: ports.Advice | ports.NoAdvice | None, salt: str
) -> dict[str, Any]:
    advice = answer if isinstance(answer, ports.Advice) else None
    recommendation = content.recommendation or advice
    return {
        "external_id": content.external_id,
        "title": content.title,
        "facts": content.facts,
        "protected": content.protected,
        "evidence": content.evidence,
        "recommended_decision": recommendation.decision if recommendation else "",
        "recommended_rationale": recommendation.rationale if recommendation else "",
        "recommended_explanation": short_json(advice.explanation) if advice else {},
        "recommended_confidence": recommendation.confidence if recommendation else None,
        "no_advice": answer.why if isinstance(answer, ports.NoAdvice) else "",
        "recommender": advice.model_version if advice else None,
        "recommender_id": int(advice.model_version["id"]) if advice else None,
        "salt": salt,
        "content_sha256": salted(salt, content.sha256),
        "facts_sha256": content.facts_sha256,
    }


def _is_blind(columns: dict[str, Any], share: float) -> bool:
    """Whether the case is decided without seeing a recommendation.

    At a share of 100 % that holds whoever recommends, also with a later correction;
    below, for a part of what a model of ours recommends.
    """
    if share >= ALWAYS:
        return True
    ours = columns["recommender_id"] is not None
    return ours and falls_in_share(columns["external_id"], share)


def _ask_model(content: CaseContent) -> ports.Advice | ports.NoAdvice | None:
    """The serving model's advice. A model that fails must not lose the case."""
    if content.recommendation:
        return None
    try:
        advice = ports.recommend(content.external_id, content.facts)
        if isinstance(advice, ports.Advice):
            checked_text(advice.decision, "decision", limits.LABEL)
            checked_text(advice.rationale, "rationale")
        return advice
    except Exception:
        logger.exception("no recommendation for case %s", content.external_id)
        return ports.NoAdvice(NoAdviceReason.FAILED)


def correct_case(case: Case, content: CaseContent, *, by: Actor) -> Case:
    """Replace what a waiting case says; a first, unsure review no longer counts.

    Raises NotAllowedNow for another external_id and unless the case still waits,
    StaleState if it was decided or corrected meanwhile. The old content stays as a
    ``CaseRevision``.
    """
    if content.external_id != case.external_id:
        raise NotAllowedNow(
            _("A correction cannot change the external_id."), code="other_case"
        )
    if not case.is_waiting:
        raise NotAllowedNow(
            _("Case %(case)s is %(status)s; only a waiting case can be corrected.")
            % {"case": case, "status": case.get_status_display().lower()}
        )
    if salted(case.salt, content.sha256) == case.content_sha256:
        return case
    before, sha256 = content_of(case), case.content_sha256
    # The model may take long, so it is asked before the transaction. Both updates
    # match the status and the content that were read: what came between is StaleState.
    columns = _columns(content, _ask_model(content), case.salt or new_salt())
    with transaction.atomic():
        if case.status == CaseStatus.AWAITING_REVIEW:
            case.replace_content(**columns)
        else:
            case.move(CaseStatus.AWAITING_REVIEW, **columns)
        keep_revision(before, sha256, case, by=by)
    return case


@transaction.atomic
def record_outcome(
    case: Case, *, outcome: str, at: datetime | None, by: Actor
) -> CaseOutcome:
    """Keep what really happened with the case; the newest outcome counts."""
    checked_text(outcome, "outcome", limits.LABEL)
    recorded = CaseOutcome.objects.create(
        case=case,
        outcome=outcome,
        recorded_by=by,
        **({} if at is None else {"at": at}),
    )
    AuditEvent.objects.record(
        "case.outcome_recorded",
        actor=by,
        subject=case,
        records=[recorded],
        outcome=outcome,
    )
    return recorded
