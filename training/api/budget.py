"""The training budget over HTTP: what is left of it, and what a training would take."""

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from preciso.api import ApiRequest, documented
from preciso.api_fields import (
    Bool,
    Id,
    Moment,
    Number,
    Text,
    Whole,
    row_or_404,
)
from preciso.api_views import APIView
from preciso.trainers import trainer_choices
from training.choices import TrainingScope
from training.models import BudgetEntry, DatasetVersion
from training.services.budget import ledger
from training.services.budget.quotes import cost_of, quote
from training.services.policy import policies

NEWEST = 50


class SpellOut(serializers.Serializer):
    """Minutes of a day or a month; `until` is when the next one begins."""

    limit = Number(allow_null=True)
    used = Number()
    left = Number(allow_null=True)
    until = Moment()


class BudgetEntryOut(serializers.Serializer):
    """What a training may cost; what it did cost, once `settled_at` is there."""

    job_id = Id()
    charged_on = serializers.DateField()
    reserved_minutes = Number()
    minutes = Number()
    cost = serializers.SerializerMethodField()
    settled_at = Moment(allow_null=True)

    def get_cost(self, entry: BudgetEntry) -> str:
        return str(cost_of(entry))


class BudgetOut(serializers.Serializer):
    """Money is a decimal text, in `currency`."""

    currency = Text()
    price_per_minute = serializers.DecimalField(max_digits=12, decimal_places=4)
    day = SpellOut()
    month = SpellOut()
    entries = BudgetEntryOut(many=True)


class EstimateQuery(serializers.Serializer):
    """Left out: the open version, the default trainer, everything it contains."""

    dataset_version_id = Id(required=False)
    trainer = serializers.ChoiceField(choices=trainer_choices(), required=False)
    scope = serializers.ChoiceField(
        choices=TrainingScope.choices, default=TrainingScope.ALL
    )


class EstimateOut(serializers.Serializer):
    low_minutes = Whole(source="estimate.low_minutes")
    high_minutes = Whole(source="estimate.high_minutes")
    based_on = Whole(source="estimate.based_on")
    cost_low = serializers.DecimalField(max_digits=None, decimal_places=4)
    cost_high = serializers.DecimalField(max_digits=None, decimal_places=4)
    left_today = Number(source="allowance.day.left", allow_null=True)
    left_month = Number(source="allowance.month.left", allow_null=True)
    allowed = Bool()
    sentence = Text()


class BudgetStatus(APIView):
    required_perms = {"GET": ["training.view_budgetentry"]}

    @documented(responses=BudgetOut)
    def get(self, request: ApiRequest) -> Response:
        """Limits, what is used and left, and the newest 50 entries."""
        policy = policies.policy()
        allowance = ledger.allowance(policy, timezone.now())
        status = {
            "currency": settings.BUDGET_CURRENCY,
            "price_per_minute": policy.price_per_minute,
            "day": allowance.day,
            "month": allowance.month,
            "entries": BudgetEntry.objects.order_by("-pk")[:NEWEST],
        }
        return Response(BudgetOut(status).data)


class EstimateView(APIView):
    required_perms = {
        "GET": ["training.view_budgetentry", "training.view_datasetversion"]
    }

    @documented(parameters=[EstimateQuery], responses=EstimateOut)
    def get(self, request: ApiRequest) -> Response:
        """What a training would take and cost now, as the page says it."""
        query = EstimateQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        parameters = query.validated_data
        version_id = parameters.get("dataset_version_id")
        version = (
            row_or_404(DatasetVersion.objects.all(), version_id)
            if version_id
            else DatasetVersion.objects.open().first()
        )
        trainer = parameters.get("trainer") or settings.TRAINER
        estimate = quote(version, trainer, scope=parameters["scope"])
        return Response(EstimateOut(estimate).data)
