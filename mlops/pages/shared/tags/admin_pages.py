"""From a page to the same row in the admin, for staff who may look at it there."""

from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.template import Context, Library
from django.urls import reverse

register = Library()


@register.simple_tag(takes_context=True)
def admin_page(context: Context, row: Model) -> str:
    """The address, or nothing for whom it would be closed."""
    user, meta = context["user"], row._meta
    right = f"{meta.app_label}.{get_permission_codename('view', meta)}"
    if not user.is_staff or not user.has_perm(right):
        return ""
    name = f"admin:{meta.app_label}_{meta.model_name}_change"
    return reverse(name, args=[row.pk])
