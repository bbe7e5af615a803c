"""How a version does group by group, in answers."""

from rest_framework import serializers

from mlops.api.fairness import ShareOut
from preciso.api_fields import Number, Text, Whole


class SegmentOut(serializers.Serializer):
    """Held-out cases with a `value` of the fact, with one from `low` on and below
    `high` (null: no limit), or without it (`kind` is `absent`).

    `adjusted`: McNemar's exact p-value corrected by Holm for all groups looked at; at
    most 0.05, and `verdict` is `better` or `worse`. Null without a champion.
    """

    fact = Text()
    kind = serializers.ChoiceField(choices=["value", "range", "absent"])
    value = Text()
    low = Number(allow_null=True)
    high = Number(allow_null=True)
    cases = Whole()
    candidate = ShareOut()
    champion = ShareOut(allow_null=True)
    adjusted = Number(allow_null=True)
    verdict = Text(help_text="better, worse or empty")


class SegmentsOut(serializers.Serializer):
    """`facts_left_out`: how many facts, given more seldom, were not looked at."""

    cases = Whole()
    facts = Whole()
    facts_left_out = Whole()
    segments = SegmentOut(many=True)
