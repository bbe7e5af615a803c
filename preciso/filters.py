"""Filters of lists: `?since=&before=` read times as every other place does."""

from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from preciso import limits
from preciso.shapes import MOMENT, as_id, moment


class MomentField(forms.Field):
    """A time in a query string."""

    default_error_messages = {
        "invalid": _("must be an ISO 8601 time such as 2026-01-31T09:00:00Z.")
    }

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            return moment(value)
        except ValueError as error:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from error


@extend_schema_field(MOMENT)
class MomentFilter(django_filters.Filter):
    """`MomentFilter(field_name="created_at", lookup_expr="gte")`."""

    field_class = MomentField


def since(field: str) -> MomentFilter:
    """At this time or later."""
    return MomentFilter(field_name=field, lookup_expr="gte")


def before(field: str) -> MomentFilter:
    """Earlier than this time."""
    return MomentFilter(field_name=field, lookup_expr="lt")


def person(field: str) -> django_filters.CharFilter:
    """By the name somebody signs in with."""
    return django_filters.CharFilter(field_name=f"{field}__username")


class IdFilter(django_filters.CharFilter):
    """By the id of another row; what is no id finds nothing."""

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        return qs.none() if as_id(value) is None else super().filter(qs, value)


class FlagField(forms.Field):
    """True or false in a query string."""

    default_error_messages = {"invalid": _("must be true or false.")}

    def to_python(self, value: Any) -> bool | None:
        if not value:
            return None
        if value.lower() not in {"true", "false"}:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return bool(value.lower() == "true")


@extend_schema_field(OpenApiTypes.BOOL)
class FlagFilter(django_filters.Filter):
    """`?held_out=true`."""

    field_class = FlagField


class Filters(FilterSet):
    """The base of every list's filters. A text is bounded, and holds no NUL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in self.filters.values():
            if isinstance(each, django_filters.CharFilter):
                each.extra.setdefault("max_length", limits.QUERY)
