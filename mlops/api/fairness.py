"""How fairness looks in answers."""

from rest_framework import serializers

from mlops.evaluation.fairness import FOUR_FIFTHS
from mlops.evaluation.proportions import Ratio
from preciso.api_fields import Bool, Number, Text, TextOrNull, Whole


class ShareOut(serializers.Serializer):
    """`count` of `of`; low and high: Wilson's interval, 95 %."""

    count = Whole()
    of = Whole()
    value = Number()
    low = Number()
    high = Number()


class RatioOut(serializers.Serializer):
    """The selection rate over the reference group's, and its 95 % interval."""

    value = Number()
    low = Number()
    high = Number()
    below_four_fifths = serializers.SerializerMethodField()

    def get_below_four_fifths(self, ratio: Ratio) -> bool:
        return ratio.value < FOUR_FIFTHS


class GroupOut(serializers.Serializer):
    """Rates are null where there is no case to count, or no favourable decision.

    `pooled`: so many rare values together; the value is then empty. Of very many
    decisions, the empty one stands for the rare ones.
    """

    value = Text()
    cases = Whole()
    too_small = Bool(source="is_small")
    selection = ShareOut(allow_null=True)
    reviewed = ShareOut(allow_null=True)
    false_negative = ShareOut(allow_null=True)
    false_positive = ShareOut(allow_null=True)
    ratio = RatioOut(allow_null=True)
    decisions = serializers.DictField(child=ShareOut())
    pooled = Whole()


class AttributeOut(serializers.Serializer):
    """Without groups: it has too many `values` to compare."""

    name = Text()
    cases = Whole()
    values = Whole()
    reference = TextOrNull(allow_null=True)
    groups = GroupOut(many=True)


class FairnessOut(serializers.Serializer):
    """`favourable`: which decisions count as such; empty: none is known."""

    cases = Whole()
    favourable = serializers.ListField(child=Text())
    attributes = AttributeOut(many=True)
    attributes_left_out = Whole()
