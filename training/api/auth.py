"""Bearer tokens: who asks, and what the token lets them do."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from training.models import ApiToken
from training.services import tokens

SCHEME = "bearer"


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

        Raises AuthenticationFailed where the token is unknown, revoked or expired.
        """
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        token = tokens.find_token(secret.strip())
        if token is None:
            raise AuthenticationFailed(
                _("This token is unknown, has been revoked or has expired.")
            )
        tokens.note_use(token)
        return token.user, TokenRights(token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="preciso"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = "training.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": SCHEME}
