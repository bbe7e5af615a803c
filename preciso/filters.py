"""Filters of lists, read alike over HTTP and on pages."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from preciso import limits
from preciso.api_fields import MOMENT, as_id, moment

LONGEST = 3650  # days
# How a day is written, for the OpenAPI document; the last days of months are left out.
DAY = {"type": "string", "pattern": r"^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"}
DAY_OR_MOMENT = {
    **MOMENT,
    "description": "ISO 8601; a time without an offset is UTC, and a day begins at "
    "midnight in the time zone of the company.",
}
DAY_LENGTH = len("2026-01-31")
SYSTEM = "system"


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


def midnight(day: date) -> datetime:
    """When the day begins for who asks: on a page in the time zone that its reader
    has chosen, else in the company's."""
    return timezone.make_aware(datetime.combine(day, time.min))


def short(at: datetime) -> str:
    """A moment as it is told beside a list that it narrows."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


class DayField(forms.DateField):
    """A day in a query string, such as a browser's calendar gives it."""

    widget = forms.DateInput(attrs={"type": "date"})
    default_error_messages = {"invalid": _("Enter a day such as 2026-01-31.")}

    def to_python(self, value: Any) -> date | None:
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
            if day.isoformat() != value:  # such as 20260131
                raise ValueError(value)
            midnight(day).astimezone(UTC)
            midnight(day + timedelta(days=1)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from error
        return day


@extend_schema_field(DAY)
class DayFilter(django_filters.Filter):
    """The whole days from one on, or up to one, where the company is."""

    field_class = DayField

    def filter(self, qs: Any, value: date | None) -> Any:
        if value is None:
            return qs
        day = value + timedelta(days=1) if self.lookup_expr == "lt" else value
        return super().filter(qs, midnight(day))


def from_day(field: str) -> DayFilter:
    """On this day or later."""
    return DayFilter(
        field_name=field,
        lookup_expr="gte",
        help_text=_("From this day on, in the time zone of the company."),
    )


def until_day(field: str) -> DayFilter:
    """On this day or earlier."""
    return DayFilter(
        field_name=field,
        lookup_expr="lt",
        help_text=_("Up to the end of this day, in the time zone of the company."),
    )


class DayOrMomentInput(forms.DateInput):
    """A browser's calendar, and a line of text where the value is no day."""

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        is_day = len(str(value or "")) <= DAY_LENGTH
        context["widget"]["type"] = "date" if is_day else "text"
        return context


class DayOrMomentField(DayField):
    """A day such as a page asks for, or a time such as a program gives."""

    widget = DayOrMomentInput()
    default_error_messages = {
        "invalid": _(
            "Enter a day such as 2026-01-31. A time such as 2026-01-31T09:00:00Z is "
            "understood too."
        )
    }

    def to_python(self, value: Any) -> date | None:
        if not value or len(value) <= DAY_LENGTH:
            return super().to_python(value)
        try:
            return moment(value)
        except ValueError as error:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from error


@extend_schema_field(DAY_OR_MOMENT)
class DayOrMomentFilter(django_filters.Filter):
    """From a time on, or before it; a day begins at its ``midnight``."""

    field_class = DayOrMomentField

    def filter(self, qs: Any, value: date | None) -> Any:
        if value is not None and not isinstance(value, datetime):
            value = midnight(value)
        return super().filter(qs, value)


class AddressFilter(django_filters.Filter):
    """By an IP address."""

    field_class = forms.GenericIPAddressField


class WholeFilter(django_filters.Filter):
    """A whole number between ``min_value`` and ``max_value``."""

    field_class = forms.IntegerField


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": LONGEST})
class DaysFilter(WholeFilter):
    """So many days back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=LONGEST, **kwargs)


class PersonFilter(django_filters.CharFilter):
    """By the name somebody signs in with; ``system`` where nobody did it."""

    def filter(self, qs: Any, value: str) -> Any:
        if value == SYSTEM:
            return qs.filter(**{self.field_name: None})
        return qs.filter(**{f"{self.field_name}__username": value}) if value else qs


def person(field: str) -> PersonFilter:
    return PersonFilter(
        field_name=field,
        help_text=_("The name they sign in with, or system where nobody did it."),
    )


class IdFilter(django_filters.CharFilter):
    """By the id of another row; what is no id finds nothing."""

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        return qs.none() if as_id(value) is None else super().filter(qs, value)


class ClickFilter(django_filters.Filter):
    """By the id of the request that did it."""

    field_class = forms.SlugField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=32, **kwargs)


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
    """The base of every list's filters. A text is bounded, and holds no NUL.

    The API refuses a value that cannot be read. On a page it filters nothing, and its
    field says so.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in self.filters.values():
            if isinstance(each, django_filters.CharFilter):
                each.extra.setdefault("max_length", limits.QUERY)

    @property
    def chosen(self) -> dict[str, Any]:
        """What the list is narrowed to: the filters whose value could be read."""
        self.form.is_valid()
        values = self.form.cleaned_data
        return {
            name: value for name, value in values.items() if value not in (None, "")
        }


class FilterBackend(DjangoFilterBackend):
    """Gives the filters what their view says in ``filter_context()``, if it does."""

    def get_filterset_kwargs(
        self, request: Any, queryset: Any, view: Any
    ) -> dict[str, Any]:
        known: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        more: dict[str, Any] = getattr(view, "filter_context", dict)()
        return {**known, **more}


Renamed = Mapping[tuple[str, str | None], tuple[str, str | None]]


def renamed(request: HttpRequest, names: Renamed) -> HttpResponseRedirect | None:
    """To the page by today's names of its filters; None if no old one is used.

    ``names`` leads pairs of a name and a value, None being any, to those of today.
    """
    query = QueryDict(mutable=True)
    for name in request.GET:
        value = request.GET.get(name, "")
        pair = names.get((name, value)) or names.get((name, None), (name, None))
        query[pair[0]] = value if pair[1] is None else pair[1]
    if query.dict() == request.GET.dict():
        return None
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
