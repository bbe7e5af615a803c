"""Who a person is and what they may do, in one query each.

Django asks twice for permissions, and composes both queries anew in each request. That
is 40 % of the processor time of a prediction (``benchmarks/predict_http.py``): 1.9
against 1.1 milliseconds; one query of the ORM takes 1.7.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection

CACHE = "_permissions_of_request"  # an attribute of the user, who is read per request
PERMISSIONS_OF_USER = """
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
    """ModelBackend with the same answers, but no sign-in for service accounts."""

    def get_user(self, user_id: int) -> User | None:
        """The user, with the preferences that every page reads."""
        user = User.objects.select_related("preferences").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        """False for service accounts: they have tokens, and no session is theirs."""
        program = user is not None and user.get_username().lower().endswith("@service")
        return not program and super().user_can_authenticate(user)

    def get_all_permissions(
        self, user_obj: User | AnonymousUser, obj: Any = None
    ) -> set[str]:
        """As Django's, and cached on the user: the next request asks again."""
        if obj is not None or not user_obj.is_active or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        cache: dict[str, set[str]] = vars(user_obj)
        if CACHE not in cache:
            with connection.cursor() as cursor:
                cursor.execute(PERMISSIONS_OF_USER, [user_obj.pk, user_obj.pk])
                rows = cursor.fetchall()
            cache[CACHE] = {f"{app}.{codename}" for app, codename in rows}
        return cache[CACHE]
