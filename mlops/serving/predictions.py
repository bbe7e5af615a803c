"""The answers of the serving version.

The answer to a question that names its case is recorded with the version that gave it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from mlops.models import ModelVersion, Prediction
from mlops.models.serving import ServingPeriod
from mlops.predictor_cache import STORE, CannotServe
from mlops.predictors import Answer
from training.canonical import sha256_json
from training.errors import DomainError
from training.models.audit import Actor
from training.ports import Advice, NoAdvice
from training.values import short_json


class NoServingModel(DomainError):
    """No version serves yet."""

    status_code = 503
    code = "no_serving_model"


class ServingStopped(DomainError):
    """A person stopped serving: people decide."""

    status_code = 503
    code = "serving_stopped"


class ModelUnavailable(DomainError):
    """The serving version cannot be loaded in this process."""

    status_code = 503
    code = "model_unavailable"


@dataclass(frozen=True, slots=True)
class PredictCase:
    """A case to be answered; the answer is recorded if ``external_id`` is not empty."""

    external_id: str
    facts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One answer; ``id`` is that of its ``Prediction``, None if it was not recorded."""

    id: int | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers that all come from one version."""

    model_version: ModelVersion
    answers: list[RecordedAnswer]


def serving_version() -> ModelVersion:
    """The version that serves now: one small query, no write.

    Raises NoServingModel, ServingStopped.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_serving_version_sql())
        row = cursor.fetchone()
    if row is None:
        raise NoServingModel(_("No model serves yet. Select a version first."))
    if row[0] is None:
        raise ServingStopped(
            _("Serving is stopped: people decide until somebody starts it again.")
        )
    return STORE.version(row[0])


@cache
def _serving_version_sql() -> tuple[str, tuple[Any, ...]]:
    """The statement and its parameters, compiled once for the process.

    To have Django compile it for each prediction took longer than its answer.
    """
    periods = ServingPeriod.objects.open().values_list("model_version_id")[:1]
    return periods.query.sql_with_params()


def predict(cases: Sequence[PredictCase], *, by: Actor) -> Predictions:
    """Ask the serving version, once for all cases, so all answers are of one version.

    Raises NoServingModel, ServingStopped, ModelUnavailable.
    """
    version = serving_version()
    answers = _ask(version, [case.facts for case in cases])
    rows = [
        Prediction(
            external_id=case.external_id,
            model_version=version,
            decision=answer.decision,
            confidence=answer.confidence,
            rationale=answer.rationale,
            explanation=short_json(answer.explanation),
            facts_sha256=sha256_json(case.facts),
            by_id=by.pk if by is not None else None,
        )
        for case, answer in zip(cases, answers, strict=True)
        if case.external_id
    ]
    records = iter(Prediction.objects.bulk_create(rows))
    return Predictions(
        version,
        [
            RecordedAnswer(next(records).pk if case.external_id else None, answer)
            for case, answer in zip(cases, answers, strict=True)
        ],
    )


def _ask(
    version: ModelVersion, facts: Sequence[Sequence[Mapping[str, Any]]]
) -> list[Answer]:
    try:
        return STORE.get(version.pk).predict(facts)
    except CannotServe as error:
        raise ModelUnavailable(
            _("%(version)s serves, but cannot be loaded: %(why)s")
            % {"version": version, "why": error.problem.label}
        ) from error


def recommend(
    external_id: str, facts: Sequence[Mapping[str, Any]]
) -> Advice | NoAdvice:
    """Fills training's port: advice for a new case, or why there is none.

    A read: what was advised is kept with the case, so nothing is recorded here.
    """
    try:
        version = serving_version()
        answer = _ask(version, [facts])[0]
    except (NoServingModel, ServingStopped, ModelUnavailable) as refusal:
        return NoAdvice(refusal.code)
    return Advice(
        decision=answer.decision,
        rationale=answer.rationale,
        confidence=answer.confidence,
        model_version={
            "id": str(version.pk),
            "name": version.name,
            "version": version.version,
        },
        explanation=answer.explanation,
    )
