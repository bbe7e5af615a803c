"""The filters of the access log, for the API and for its page."""

import django_filters
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso.filters import AddressFilter, DayOrMomentFilter, Filters, until_day
from training.choices import ACCESS_COUNTED, AccessKind
from training.models import AccessEntry

GROUPS: dict[str, tuple[str | Promise, tuple[AccessKind, ...]]] = {
    "kept_out": (_("All who were kept out"), tuple(ACCESS_COUNTED)),
    "took_or_saw": (
        _("All who took something along or saw it"),
        (
            AccessKind.DOWNLOAD,
            AccessKind.EVIDENCE,
            AccessKind.EXPORT,
            AccessKind.PROTECTED,
        ),
    ),
}
KINDS: list[tuple[str, str | Promise]] = [
    *((code, label) for code, (label, _kinds) in GROUPS.items()),
    *AccessKind.choices,
]


class AccessFilters(Filters):
    """``kind`` is one kind or one of ``GROUPS``.

    An entry counts what happened from its first moment to its last. Whatever overlaps
    the time that is asked for belongs to it.
    """

    person = django_filters.CharFilter(field_name="name")
    kind = django_filters.ChoiceFilter(
        choices=KINDS, method="of_kind", empty_label=_("Everything")
    )
    address = AddressFilter()
    since = DayOrMomentFilter(field_name="last_at", lookup_expr="gte")
    until = until_day("first_at")
    before = DayOrMomentFilter(field_name="first_at", lookup_expr="lt")

    def of_kind(
        self, entries: QuerySet[AccessEntry], _name: str, kind: str
    ) -> QuerySet[AccessEntry]:
        group = GROUPS.get(kind)
        return entries.filter(kind__in=group[1] if group else (kind,))
