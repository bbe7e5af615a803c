"""Filters of the admin whose choices are quick to read, however long the table is."""

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

from preciso.action_origin import COMMAND, REQUESTS, SYSTEM
from training.choices import DecisionBasis
from training.models import ApiToken, Sample
from training.reasons import REASONS


class ByDecision(SimpleListFilter):
    """The decisions of samples: an index has them, and no case needs to be read."""

    def lookups(
        self, request: HttpRequest, model_admin: ModelAdmin
    ) -> list[tuple[str, str]]:
        decisions = Sample.objects.order_by("decision").values_list(
            "decision", flat=True
        )
        return [(decision, decision) for decision in decisions.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(**{self.parameter_name or "": chosen} if chosen else {})


class ByReason(AllValuesFieldListFilter):
    """Why jobs ended, as a sentence; a job that has not ended has no reason."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            code = str(choice["display"])
            reason = REASONS.get(code)
            label = reason.sentence if reason else code or _("none")
            yield {**choice, "display": label}


class ByWay(SimpleListFilter):
    """The way by which an event came in. The ways are few and known: to find those
    that occur, the database would read the whole trail."""

    title = _("via")
    parameter_name = "via"

    def lookups(
        self, request: HttpRequest, model_admin: ModelAdmin
    ) -> list[tuple[str, str]]:
        return [(way, way) for way in sorted({*REQUESTS, COMMAND, SYSTEM})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(via=self.value()) if self.value() else queryset


class UnusedToken(SimpleListFilter):
    """Tokens that are valid, and that nobody uses."""

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
    """Leaves blind cases out: whoever asked for a decision would learn theirs."""

    title = _("Recommended")
    parameter_name = "recommended_decision"

    def has_output(self) -> bool:
        """Always: without choices Django would look the parameter up by itself, blind
        cases included."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value():
            queryset = queryset.exclude(blind=True, judged=DecisionBasis.NOT_YET)
        return super().queryset(request, queryset)
