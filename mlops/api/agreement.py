"""Agreement in production over HTTP."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from mlops.api.serializers import ModelVersionName
from mlops.evaluation import agreement, drift, reading_times
from mlops.evaluation.agreement_alerts import ALL, BLIND, Alert, alert
from mlops.evaluation.proportions import Share
from mlops.evaluation.reading_times import ShortReviews
from preciso.api import ApiRequest, documented
from preciso.api_fields import Id, Moment, Number, Text, Whole
from preciso.api_views import APIView
from training.services.policy.policies import policy

MOST = 500
NOTHING: dict[str, Any] = {"periods": [], "alert": None, "drift_cases": 0, "drift": []}
VERDICTS = [drift.STABLE, drift.SOME, drift.MUCH, drift.TOO_FEW]


class AgreedOut(serializers.Serializer):
    """Of `decided` cases, `agreed` as recommended; low and high: Wilson, 95 %."""

    decided = Whole()
    agreed = Whole()
    rate = Number(allow_null=True)
    low = Number(allow_null=True)
    high = Number(allow_null=True)


class ShortReviewsOut(serializers.Serializer):
    """Of `measured` reviews of the period, made on their page, `short` were read
    actively for less than `under_seconds`; low and high: Wilson, 95 %."""

    under_seconds = Whole()
    measured = Whole()
    short = Whole()
    rate = Number(allow_null=True)
    low = Number(allow_null=True)
    high = Number(allow_null=True)


class PeriodAgreementOut(AgreedOut):
    """`blind`: of the cases decided without seeing the recommendation."""

    period = Id()
    model_version = ModelVersionName()
    since = Moment()
    until = Moment(allow_null=True)
    blind = AgreedOut()
    commonest_rate = Number(allow_null=True)
    short_reviews = ShortReviewsOut()


class AlertOut(AgreedOut):
    """`measured`: whether all decisions fell below the limit, or the blind ones."""

    period = Id()
    model_version = ModelVersionName()
    measured = serializers.ChoiceField(choices=[ALL, BLIND])
    below = Number()
    message = Text()


class FactDriftOut(serializers.Serializer):
    """`psi`: the population stability index; null with too few cases."""

    fact = Text()
    psi = Number(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)


class AgreementOut(serializers.Serializer):
    """`drift_cases`: how many new cases were looked at; `drift` is null where the
    serving version was made before its training data was kept in bins."""

    periods = PeriodAgreementOut(many=True)
    alert = AlertOut(allow_null=True)
    drift_cases = Whole()
    drift = serializers.SerializerMethodField()

    @extend_schema_field(FactDriftOut(many=True, allow_null=True))
    def get_drift(self, answer: dict[str, Any]) -> list[dict[str, Any]] | None:
        facts = answer["drift"]
        return None if facts is None else list(FactDriftOut(facts, many=True).data)


class ServingAgreement(APIView):
    required_perms = {"GET": ["mlops.view_servingperiod"]}

    @documented(
        parameters=[
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST},
                description=f"Periods; at most {MOST}.",
            )
        ],
        responses=AgreementOut,
    )
    def get(self, request: ApiRequest) -> Response:
        """How often people decided as the serving model had recommended, by serving
        period, newest first; the alert; how far new cases are from what it learnt."""
        spans = agreement.newest_spans(
            _limit(request.query_params.get("limit") or "100")
        )
        if not spans:
            return Response(AgreementOut(NOTHING).data)
        periods, rules = agreement.count(spans).periods, policy()
        limit = rules.short_review_seconds
        short_reviews = reading_times.by_period(spans, limit)
        newest = periods[0]
        is_open = newest[0].is_open
        facts = drift.of_period(newest[0]) if is_open else drift.Drift(0, None)
        current_alert = alert(rules, *newest) if is_open else None
        answer = {
            "periods": [
                {
                    "period": period.pk,
                    "model_version": period.model_version,
                    "since": period.since,
                    "until": period.until,
                    **_agreed(each.all),
                    "blind": _agreed(each.blind),
                    "commonest_rate": each.commonest_rate,
                    "short_reviews": _short(short, limit),
                }
                for (period, each), short in zip(periods, short_reviews, strict=True)
            ],
            "alert": _alert(current_alert) if current_alert else None,
            "drift_cases": facts.cases,
            "drift": facts.facts,
        }
        return Response(AgreementOut(answer).data)


def _limit(text: str) -> int:
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= limit <= MOST:
        problem = _("must be a whole number from 1 to %(most)d.") % {"most": MOST}
        raise ValidationError({"limit": problem})
    return limit


def _agreed(share: Share | None) -> dict[str, Any]:
    return {
        "decided": share.of if share else 0,
        "agreed": share.count if share else 0,
        "rate": share.value if share else None,
        "low": share.low if share else None,
        "high": share.high if share else None,
    }


def _short(reviews: ShortReviews, limit: int) -> dict[str, Any]:
    share = reviews.share
    return {
        "under_seconds": limit,
        "measured": reviews.measured,
        "short": reviews.short,
        "rate": share.value if share else None,
        "low": share.low if share else None,
        "high": share.high if share else None,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "period": alert.period.pk,
        "model_version": alert.period.model_version,
        "measured": alert.measured,
        **_agreed(alert.share),
        "below": alert.below,
        "message": alert.sentence,
    }
