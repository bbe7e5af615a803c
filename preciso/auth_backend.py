"""Who a person is and what they may do, in one query each.

For the rights Django asks twice and writes both queries anew in each request, which
took longer than everything a prediction computes (`benchmarks/predict_http.py`).
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection

KEPT_AS = "_perm_cache"  # as ModelBackend does
OF_A_PERSON = """
    SELECT type.app_label, permission.codename
    FROM auth_permission permission
    JOIN django_content_type type ON type.id = permission.content_type_id
    WHERE permission.id IN (
        SELECT permission_id FROM auth_user_user_permissions WHERE user_id = %s
        UNION
        SELECT granted.permission_id
        FROM auth_user_groups membership
        JOIN auth_group_permissions granted ON granted.group_id = membership.group_id
        WHERE membership.user_id = %s
    )
"""


class OneQueryBackend(ModelBackend):
    """ModelBackend, with the same answers."""

    def get_user(self, user_id: int) -> User | None:
        """With the preferences that every page asks for."""
        found = User.objects.select_related("preferences").filter(pk=user_id).first()
        return found if found and self.user_can_authenticate(found) else None

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        """A service account has tokens, and no session whatever made it one."""
        program = user is not None and user.get_username().lower().endswith("@service")
        return not program and super().user_can_authenticate(user)

    def get_all_permissions(
        self, user_obj: User | AnonymousUser, obj: Any = None
    ) -> set[str]:
        """Kept on the object: a request asks once, the next asks again."""
        if obj is not None or not user_obj.is_active or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        kept: dict[str, set[str]] = vars(user_obj)
        if KEPT_AS not in kept:
            kept[KEPT_AS] = _permissions(user_obj.pk)
        return kept[KEPT_AS]


def _permissions(user_id: int) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(OF_A_PERSON, [user_id, user_id])
        return {f"{app}.{codename}" for app, codename in cursor.fetchall()}
