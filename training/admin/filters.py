"""Filters whose choices cost little, however long the table is."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import (
    AllValuesFieldListFilter,
    ModelAdmin,
    SimpleListFilter,
)
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.choices import Judged
from training.models import ApiToken, Sample
from training.reasons import REASONS


class ByDecision(SimpleListFilter):
    """The decisions that samples carry: their index is read, not every case."""

    def lookups(
        self, request: HttpRequest, model_admin: ModelAdmin
    ) -> list[tuple[str, str]]:
        found = Sample.objects.order_by("decision").values_list("decision", flat=True)
        return [(decision, decision) for decision in found.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(**{self.parameter_name or "": chosen} if chosen else {})


class ByReason(AllValuesFieldListFilter):
    """Why jobs ended, in words; what has not ended has no reason."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            code = str(choice["display"])
            known = REASONS.get(code)
            said = known.sentence if known else code or _("none")
            yield {**choice, "display": said}


class Unused(SimpleListFilter):
    """Tokens that work and that nobody uses."""

    title = _("use")
    parameter_name = "use"

    def lookups(
        self, request: HttpRequest, model_admin: ModelAdmin
    ) -> list[tuple[str, str]]:
        return [("none", gettext("not for 30 days, or never"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        unused = ApiToken.objects.idle().values("pk")
        return queryset.filter(pk__in=unused) if self.value() else queryset


class Decided(ByDecision):
    title = _("Decided")
    parameter_name = "decision"


class Recommended(ByDecision):
    """A blind case is not found by what is kept back."""

    title = _("Recommended")
    parameter_name = "recommended_decision"

    def has_output(self) -> bool:
        """Else its parameter would be looked up without asking this filter."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value():
            queryset = queryset.exclude(blind=True, judged=Judged.NOT_YET)
        return super().queryset(request, queryset)
