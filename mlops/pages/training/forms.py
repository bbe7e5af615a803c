"""What the decisions of the system are narrowed to."""

from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.filter_fields import Choices, FilterFields
from mlops.pages.training.decisions import PromotionFilters
from training.filters.decisions import DecisionFilters


def decision_filter_fields(
    filters: DecisionFilters | PromotionFilters,
) -> FilterFields:
    """Which decisions of the system: what caused them, and what came of them."""
    labels = {
        "trigger": _("Caused by"),
        "submitted": _("Came of it"),
        "promoted": _("Came of it"),
    }
    done: Choices = [
        ("", _("Anything")),
        ("true", _("It did it")),
        ("false", _("It did not")),
    ]
    known = {name: label for name, label in labels.items() if name in filters.filters}
    return FilterFields(filters, known, {"submitted": done, "promoted": done})
