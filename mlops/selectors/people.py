"""Who may do what, for a page that says whom to ask."""

from django.contrib.auth.models import Group


def roles_that_may(permission: str) -> list[str]:
    """The roles with this permission (``app.codename``), in alphabetical order."""
    app, codename = permission.split(".")
    found = Group.objects.filter(
        permissions__content_type__app_label=app, permissions__codename=codename
    )
    return list(found.order_by("name").values_list("name", flat=True))
