"""How every table looks in the Django admin: to look, search, filter; not to edit."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from preciso.page_paginator import SearchPaginator
from preciso.requester import mark_refused


class LookOnly:
    """Nothing is added, changed or deleted by a form; actions call services."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SearchChangeList(ChangeList):
    """A list of the admin that takes the matches of a search from its paginator.

    Django's asks for them anew where they fit on one page.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.query and not self.multi_page:
            self.result_list = self.paginator.page(1).object_list


class ReadMostlyAdmin(LookOnly, admin.ModelAdmin):
    """The base of every table of ours in the admin."""

    list_per_page = 50
    show_full_result_count = False
    empty_value_display = "-"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SearchChangeList

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        *args: Any,
        **kwargs: Any,
    ) -> Paginator:
        """For a search, one that reads the table once."""
        if request.GET.get(SEARCH_VAR):
            return SearchPaginator(queryset, per_page)
        return super().get_paginator(request, queryset, per_page, *args, **kwargs)


class ReadOnlyInline(LookOnly, admin.TabularInline):
    """Rows that belong to the one that is shown."""

    extra = 0
    can_delete = False
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Also those that no form could take, such as the moment of writing."""
        return list(self.fields or [])


def on_the_pages(name: str, *, by: str = "pk") -> Callable[[Any, Model], str]:
    """Where people see a row: ``view_on_site = on_the_pages("mlops:case")``."""

    def view_on_site(model_admin: Any, row: Model) -> str:
        return reverse(name, args=[getattr(row, by)])

    return view_on_site


def may(permission: str) -> Callable[[Any, HttpRequest], bool]:
    """The method that guards an admin action: ``has_x_permission = may("app.x")``."""

    def has_permission(model_admin: Any, request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return has_permission


def do_to_each(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    rows: Iterable[Model],
    verb: Callable[[Any], object],
    *,
    refused: type[Exception],
) -> None:
    """Call a service for each row; say what it refused, and how many it did."""
    done = 0
    for row in rows:
        try:
            verb(row)
        except refused as refusal:
            if getattr(refusal, "status_code", 0) == HTTPStatus.FORBIDDEN:
                mark_refused(request)
            model_admin.message_user(request, f"{row}: {refusal}", messages.WARNING)
        else:
            done += 1
    if done:
        text = ngettext("Done for %(count)d row.", "Done for %(count)d rows.", done)
        model_admin.message_user(request, text % {"count": done}, messages.SUCCESS)


def as_list(pairs: Iterable[tuple[object, object]]) -> SafeString:
    """Names and values, one below the other."""
    return format_html_join("", "<div><b>{}</b> {}</div>", pairs)
