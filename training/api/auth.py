"""Bearer tokens: whose request it is, and what the token lets them do."""

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
MOST_TOKENS = 256  # that a process remembers

TokenRow = tuple[Any, ...]
_tokens_by_row: OrderedDict[TokenRow, ApiToken] = OrderedDict()


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
        """The token's user; None where the request uses another scheme.

        Raises AuthenticationFailed for a token that is unknown, revoked or expired, and
        Throttled for an address that has sent many of those.
        """
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        usable = known_token(secret.strip())
        if usable is None:
            wait = note_bad_token(request)
            if wait:
                raise Throttled(wait)
            raise AuthenticationFailed(
                _("This token is unknown, has been revoked or has expired.")
            )
        token, now = usable
        tokens.note_use(token, now=now)
        action_origin.note_token(token.prefix)
        return token.user, TokenRights(token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="preciso"'


def known_token(secret: str) -> tuple[ApiToken, datetime] | None:
    """The usable token with this secret, and the time by the database's clock.

    Every request reads the row of the token and its user, so that revoking a token
    counts from the next request on. Objects are made of the row only where one of its
    columns has changed since: making them takes ten times as long as reading the row.
    """
    stored = _stored_row(secret)
    if stored is None:
        return None
    row, now = stored
    remembered = _tokens_by_row.get(row)
    if remembered is None:
        token = tokens.find_token(secret)
        if token is None:
            return None
        # Only if the row is still the same was this token made of it.
        again = _stored_row(secret)
        if again is not None and again[0] == row:
            _tokens_by_row[row] = _copy(token)
            while len(_tokens_by_row) > MOST_TOKENS:
                _tokens_by_row.popitem(last=False)
        return token, now
    token = _copy(remembered)
    return (token, now) if token.is_usable_at(now) else None


def _copy(token: ApiToken) -> ApiToken:
    """With a copy of its user: Django keeps the rights it has read on the user's
    object, and those must end with the request."""
    copied = copy.copy(token)
    copied.user = copy.copy(token.user)
    return copied


def _stored_row(secret: str) -> tuple[TokenRow, datetime] | None:
    """The columns of the token and its user as they are stored, and the time."""
    now, parameters = clock.now_in_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {now}, {_columns_and_tables()}",
            [*parameters, sha256_text(secret)],
        )
        row: TokenRow | None = cursor.fetchone()
    return (row[1:], clock.as_moment(row[0])) if row else None


@cache
def _columns_and_tables() -> str:
    """The statement that reads a token and its user, without its first word."""
    rows = ApiToken.objects.select_related("user").filter(sha256="")
    return rows.query.sql_with_params()[0].removeprefix("SELECT ")
