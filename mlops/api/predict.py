"""POST /predict: the one request that many callers wait for.

The body is read by hand instead of by serializers: they take many times longer.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from mlops.api.serializers import PredictionOut, PredictionsOut
from mlops.serving.predictions import PredictCase, Predictions, predict
from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Text
from preciso.api_views import APIView
from preciso.body_fields import FactValue, Label, OptionalLabel
from training.case_schema import parse_facts, unprotected
from training.errors import InvalidInput, TooLarge
from training.values import label

MOST_CASES = 1000


class PredictFactIn(serializers.Serializer):
    name = Label()
    value = FactValue(allow_null=True)
    unit = OptionalLabel()
    period = OptionalLabel()


class PredictCaseIn(serializers.Serializer):
    """Recorded where it has an external_id."""

    external_id = OptionalLabel()
    facts = serializers.ListField(
        child=PredictFactIn(), min_length=1, max_length=limits.FACTS
    )


class PredictIn(serializers.Serializer):
    cases = serializers.ListField(
        child=PredictCaseIn(), min_length=1, max_length=MOST_CASES
    )


class NotedPredictionOut(PredictionOut):
    """`notes`: which facts the model missed, did not know or could not use."""

    notes = serializers.ListField(child=Text())


class PredictOut(PredictionsOut):
    predictions = NotedPredictionOut(many=True)


class Predict(APIView):
    required_perms = {"POST": ["mlops.predict"]}

    @documented(request=PredictIn, responses=PredictOut)
    def post(self, request: ApiRequest) -> Response:
        """Ask the serving model; 503 `no_serving_model` where none serves."""
        answer = predict(_cases(request.data), by=request.user)
        return Response(_as_json(answer))


def _cases(body: Any) -> list[PredictCase]:
    """Raises InvalidInput naming the case and the field, TooLarge."""
    cases = body.get("cases") if isinstance(body, Mapping) else None
    if not isinstance(cases, list) or not cases:
        raise InvalidInput(_("cases must be a list of at least one case."))
    if len(cases) > MOST_CASES:
        raise TooLarge(
            _("At most %(most)d cases can be asked about at once; send them in parts.")
            % {"most": MOST_CASES}
        )
    return [_case(case, place) for place, case in enumerate(cases)]


def _case(data: Any, place: int) -> PredictCase:
    if not isinstance(data, Mapping):
        raise InvalidInput(
            _("cases[%(place)d] must be an object with facts.") % {"place": place}
        )
    try:
        return PredictCase(
            external_id=label(data, "external_id"),
            facts=unprotected(parse_facts(data.get("facts"))),
        )
    except InvalidInput as refusal:
        raise InvalidInput(f"cases[{place}]: {refusal}") from refusal


def _as_json(answer: Predictions) -> dict[str, Any]:
    version = answer.model_version
    return {
        "model_version": {
            "id": str(version.pk),
            "name": version.name,
            "version": version.version,
        },
        "predictions": [
            {
                "id": None if each.id is None else str(each.id),
                "decision": each.answer.decision,
                "confidence": each.answer.confidence,
                "rationale": each.answer.rationale,
                "notes": each.answer.notes,
            }
            for each in answer.answers
        ],
    }
