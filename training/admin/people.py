"""People, their roles and tokens, and the trail of what everybody did."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from preciso.http import AuthedRequest
from preciso.read_mostly import ReadMostlyAdmin, do_to_each, may
from training.errors import DomainError
from training.models import ApiToken, AuditEvent
from training.services.tokens import revoke_token


@admin.register(AuditEvent)
class AuditEventAdmin(ReadMostlyAdmin):
    """Append-only and chained; the database refuses changes too."""

    list_display = ["at", "actor_label", "action", "subject_label", "link"]
    list_filter = ["action", "actor", "at"]
    list_select_related = ["link"]
    search_fields = ["subject_label", "actor_label", "action", "=subject_id"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadMostlyAdmin):
    """Tokens are made on the settings page, which shows the secret once."""

    list_display = [
        "prefix",
        "name",
        "user",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_filter = ["user", "revoked_at", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["prefix", "name", "user__username"]
    exclude = ["sha256"]
    actions = ["revoke_selected"]
    has_revoke_permission = may("training.change_apitoken")

    @admin.action(description=_("Revoke the selected tokens"), permissions=["revoke"])
    def revoke_selected(
        self, request: AuthedRequest, chosen: QuerySet[ApiToken]
    ) -> None:
        verb = partial(revoke_token, by=request.user)
        do_to_each(self, request, chosen, verb, refused=DomainError)


class AuditedAdmin(admin.ModelAdmin):
    """People and their roles are edited here; the audit trail tells who did."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _record("added", request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _record("changed", request, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            _record("deleted", request, obj, "")
        return super().log_deletions(request, queryset)


def _record(what: str, request: HttpRequest, obj: Model, message: Any) -> None:
    """The names of the fields are kept, their values (a password, say) are not."""
    kind = "person" if isinstance(obj, User) else "role"
    actor = request.user if isinstance(request.user, User) else None
    AuditEvent.objects.record(
        f"{kind}.{what}", actor=actor, subject=obj, changes=message
    )


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    list_display = ["username", "email", "is_active", "is_staff", "last_login"]


@admin.register(Group)
class RoleAdmin(AuditedAdmin, GroupAdmin):
    pass
