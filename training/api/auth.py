"""Bearer tokens: who asks, and what the token lets them do."""

import copy
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from preciso import acting
from preciso.throttling import note_bad_token
from training.canonical import sha256_text
from training.models import ApiToken
from training.services import tokens

SCHEME = "bearer"
MOST_KEPT = 256

Row = tuple[Any, ...]
_read: OrderedDict[Row, ApiToken] = OrderedDict()  # what each stored row means


@dataclass(frozen=True)
class TokenRights:
    """What `request.auth` is behind a token; `preciso.api.permitted` asks it."""

    token: ApiToken

    def permits(self, permission: str) -> bool:
        """Whether the scopes leave this permission in; the person must have it too."""
        return tokens.permits(self.token, permission)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`. No CSRF check: no browser sends it by itself."""

    def authenticate(
        self, request: Request
    ) -> tuple[AbstractBaseUser, TokenRights] | None:
        """The token's user; None where another scheme is used.

        Raises AuthenticationFailed where the token is unknown, revoked or expired, and
        Throttled where its address sent many such ones.
        """
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        token = known_token(secret.strip())
        if token is None:
            wait = note_bad_token(request)
            if wait:
                raise Throttled(wait)
            raise AuthenticationFailed(
                _("This token is unknown, has been revoked or has expired.")
            )
        tokens.note_use(token)
        acting.note_token(token.prefix)
        return token.user, TokenRights(token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="preciso"'


def known_token(secret: str) -> ApiToken | None:
    """``tokens.find_token``, which is asked only where a column has changed since.

    Every request looks at the row of the token and its user, so that revoking counts
    from the next one on; making objects of it took ten times as long as reading it.
    """
    row = _stored(secret)
    if row is None:
        return None
    kept = _read.get(row)
    if kept is None:
        found = tokens.find_token(secret)
        if found is not None and _stored(secret) == row:
            _keep(row, found)
        return found
    # A copy: what a request leaves on the person, such as rights, ends with it.
    token = copy.copy(kept)
    token.user = copy.copy(kept.user)
    return token if token.is_usable else None


def _stored(secret: str) -> Row | None:
    """The columns of the token and its user as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [sha256_text(secret)])
        found: Row | None = cursor.fetchone()
    return found


@cache
def _statement() -> str:
    rows = ApiToken.objects.select_related("user").filter(sha256="")
    return rows.query.sql_with_params()[0]


def _keep(row: Row, token: ApiToken) -> None:
    kept = copy.copy(token)
    kept.user = copy.copy(token.user)
    _read[row] = kept
    while len(_read) > MOST_KEPT:
        _read.popitem(last=False)
