"""People, their roles and tokens, and the trail of what everybody did."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from preciso.admin_base import ReadMostlyAdmin, do_to_each, may, on_the_pages
from preciso.http import AuthedRequest
from preciso.requester import mark_refused
from training.admin.filters import ByWay, UnusedToken
from training.errors import DomainError, Forbidden
from training.models import ApiToken, AuditEvent
from training.models.accounts import is_service_account
from training.services.cases.corrections import has_old_content
from training.services.people import roles
from training.services.people.roles import is_within_reach
from training.services.people.tokens import revoke_token


def may_see_reading(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("training.see_reading"))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadMostlyAdmin):
    """Append-only and chained; the database refuses changes too."""

    list_display = [
        "at",
        "actor_label",
        "via",
        "token",
        "action",
        "subject_label",
        "link",
    ]
    list_filter = ["action", ByWay, "actor", "at"]
    list_select_related = ["link"]
    search_fields = ["subject_label", "=subject_id"]  # the others are filters

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AuditEvent | None:
        """Only who may see how long people read (`see_reading`) sees it here."""
        event = super().get_object(request, object_id, from_field)
        if event is not None and not may_see_reading(request):
            event.detail.pop("reading", None)
        return event

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the detail of an event that holds what a case had said before it was
        corrected; today's events hold hashes alone."""
        fields = super().get_fields(request, obj)
        hides_detail = obj is not None and has_old_content(obj)
        return [name for name in fields if not (hides_detail and name == "detail")]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nobody asks by the address for what is not shown."""
        if lookup.startswith("detail__"):
            return False
        return super().lookup_allowed(lookup, value, request)


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
    list_filter = [UnusedToken, "user", "revoked_at", "expires_at"]
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
    """Every edit of a person or a role has its event in the audit trail.

    Django's form writes any rights it is sent. The service behind the pages compares
    them with those before, in the same transaction, and refuses what nobody may give.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            if isinstance(refusal, Forbidden):
                mark_refused(request)
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.path)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        roles.begin_edit(_person(request))
        form.rights_before = (
            roles.stored_rights(obj) if change else roles.StoredRights()
        )
        super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        roles.finish_edit(form.instance, form.rights_before, by=_person(request))

    @transaction.atomic
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Deleting several rows is one transaction with the entries about it."""
        return super().changelist_view(request, extra_context)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _record("added", request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _record("changed", request, obj, message)
        return super().log_change(request, obj, message)


def _person(request: HttpRequest) -> User:
    """The person who is signed in; the admin lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _record(what: str, request: HttpRequest, obj: Model, message: Any) -> None:
    """The event names the fields that changed, not their values: one may be a
    password."""
    kind = "person" if isinstance(obj, User) else "role"
    actor = request.user if isinstance(request.user, User) else None
    AuditEvent.objects.record(
        f"{kind}.{what}", actor=actor, subject=obj, changes=message
    )


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    """To look people up. Roles, passwords and whether a person is active are changed on
    the pages: their service keeps the last administrator, ends sessions and writes the
    event, and a form that writes columns would do none of that.
    """

    list_display = ["username", "name", "roles", "is_active", "is_staff", "last_login"]
    list_per_page = 50
    search_fields = ["username", "first_name", "last_name", "email"]
    view_on_site = on_the_pages("mlops:settings-person")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("name"), ordering="first_name")
    def name(self, person: User) -> str:
        return person.get_full_name()

    @admin.display(description=_("roles"))
    def roles(self, person: User) -> str:
        return ", ".join(role.name for role in person.groups.all())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only a superuser gives the rights of the admin, and nobody to themselves."""
        fixed = ["username", "groups", "is_active", "last_login", "date_joined"]
        if request.user.is_superuser and obj != request.user:
            return fixed
        return [*fixed, "is_staff", "is_superuser", "user_permissions"]

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Leads to the page: its service ends sessions and tokens as well."""
        return redirect("mlops:settings-person", person_id=int(id))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody is deleted, for the trail names them; accounts are switched off."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A service account is changed on the pages alone."""
        if obj is not None and is_service_account(obj):
            return False
        if not super().has_change_permission(request, obj):
            return False
        by = request.user
        return obj is None or (isinstance(by, User) and is_within_reach(obj, by=by))


@admin.register(Group)
class RoleAdmin(AuditedAdmin, GroupAdmin):
    """A company makes roles of its own here; one that somebody holds is not deleted.

    Nobody changes a role that they hold, or one that has rights they lack.
    """

    list_display = ["name", "held_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(members=Count("user"))

    @admin.display(description=_("people"), ordering="members")
    def held_by(self, role: Group) -> int:
        return int(vars(role)["members"])

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        by = request.user
        return obj is None or (
            isinstance(by, User) and roles.is_role_within_reach(obj, by=by)
        )

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        """Raises PermissionDenied where somebody was given the role meanwhile."""
        try:
            roles.delete_role(obj, by=_person(request))
        except DomainError as refusal:
            raise PermissionDenied from refusal

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        with transaction.atomic():
            for role in queryset:
                self.delete_model(request, role)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or roles.is_deletable(obj))
