"""Bearer tokens: who asks, and what the token lets them do."""

import copy
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from preciso import action_origin, clock
from preciso.throttling import note_bad_token
from training.canonical import sha256_text
from training.models import ApiToken
from training.services.people import tokens

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
        found = known_token(secret.strip())
        if found is None:
            wait = note_bad_token(request)
            if wait:
                raise Throttled(wait)
            raise AuthenticationFailed(
                _("This token is unknown, has been revoked or has expired.")
            )
        token, now = found
        tokens.note_use(token, now=now)
        action_origin.note_token(token.prefix)
        return token.user, TokenRights(token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="preciso"'


def known_token(secret: str) -> tuple[ApiToken, datetime] | None:
    """``tokens.find_token``, which is asked only where a column has changed since.

    Every request looks at the row of the token and its user, so that revoking counts
    from the next one on; making objects of it took ten times as long as reading it.
    With it comes what the database's clock said, which expiry goes by.
    """
    stored = _stored(secret)
    if stored is None:
        return None
    row, now = stored
    kept = _read.get(row)
    if kept is None:
        found = tokens.find_token(secret)
        again = _stored(secret)
        if found is not None and again is not None and again[0] == row:
            _keep(row, found)
        return (found, now) if found is not None else None
    # A copy: what a request leaves on the person, such as rights, ends with it.
    token = copy.copy(kept)
    token.user = copy.copy(kept.user)
    return (token, now) if token.is_usable_at(now) else None


def _stored(secret: str) -> tuple[Row, datetime] | None:
    """The columns of the token and its user as they are now, and the time."""
    now, given = clock.now_in_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {now}, {_columns()}",
            [*given, sha256_text(secret)],
        )
        found: Row | None = cursor.fetchone()
    return (found[1:], clock.as_moment(found[0])) if found else None


@cache
def _columns() -> str:
    """The statement for a token and its user, but for its first word."""
    rows = ApiToken.objects.select_related("user").filter(sha256="")
    return rows.query.sql_with_params()[0].removeprefix("SELECT ")


def _keep(row: Row, token: ApiToken) -> None:
    kept = copy.copy(token)
    kept.user = copy.copy(token.user)
    _read[row] = kept
    while len(_read) > MOST_KEPT:
        _read.popitem(last=False)
