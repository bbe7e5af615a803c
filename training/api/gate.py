"""How the gate's verdict on a sample looks in answers."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from preciso.api_fields import Bool, Text
from training.choices import GateStatus


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number"},
            {"type": "array", "items": {"type": "string"}},
        ],
        "nullable": True,
    }
)
class GateMeasure(serializers.JSONField):
    """Out only: a number, the kinds found, or null where it does not apply."""


class GateCheckOut(serializers.Serializer):
    """One check of the gate: what was measured, the limit, and whether it was met."""

    check = Text()
    value = GateMeasure(allow_null=True)
    limit = GateMeasure(allow_null=True)
    ok = Bool()


class GateOut(serializers.Serializer):
    """The quality gate's verdict on a sample."""

    status = serializers.ChoiceField(choices=GateStatus.choices, source="gate_status")
    checks = GateCheckOut(many=True, source="gate_checks")
