"""API tokens: make, look up, revoke. The secret is shown once and stored hashed."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.utils.translation import gettext as _

from preciso import clock, limits
from preciso.clock import DatabaseNow
from training.canonical import sha256_text
from training.errors import Forbidden, InvalidInput
from training.models import ApiToken, AuditEvent
from training.models.accounts import is_service_account
from training.models.audit import Actor
from training.services.people.actor_checks import asks_password, require_a_person
from training.services.people.roles import refuse_beyond

APPS = ("training", "mlops")
READ = "read"
DEFAULT_DAYS = 90
LAST_USED_EVERY = timedelta(minutes=1)


@asks_password
@transaction.atomic
def create_token(
    user: User,
    *,
    by: Actor,
    scopes: Iterable[str] = (),
    days: int | None = DEFAULT_DAYS,
    name: str = "",
) -> tuple[ApiToken, str]:
    """Make a token for ``user``; returns it and the secret, which is not stored.

    ``days`` None: until it is revoked. ``by`` None is the operator's shell. A person
    makes one for themselves, or for a service account that may no more than they.
    Raises Forbidden for anybody else's, whoever asks; InvalidInput for an unknown
    scope, a life under one day or a name that is too long.
    """
    if by is not None:
        _refuse_acting_as(user, by)
    if days is not None and days < 1:
        raise InvalidInput(_("A token lives at least one day."))
    if len(name) > limits.TOKEN_NAME:
        raise InvalidInput(
            _("The name of a token has at most %(most)d characters.")
            % {"most": limits.TOKEN_NAME}
        )
    secret = f"pml_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:10],
        sha256=sha256_text(secret),
        scopes=[_known_scope(scope) for scope in scopes],
        expires_at=clock.database_now() + timedelta(days=days) if days else None,
    )
    AuditEvent.objects.record(
        "token.created",
        actor=by,
        subject=token,
        records=[token],
        user=user.get_username(),
        scopes=token.scopes,
        expires_at=token.expires_at.isoformat() if token.expires_at else None,
    )
    return token, secret


def _refuse_acting_as(user: User, by: User) -> None:
    require_a_person(by)
    if is_service_account(user):
        refuse_beyond(by, user)
    elif user.pk != by.pk:
        raise Forbidden(
            _(
                "A token acts in its owner's name, so everybody makes their own. "
                "Make a service account for a program."
            ),
            code="own_tokens_only",
        )


def _known_scope(scope: str) -> str:
    """The scope as ``app.codename``. Raises InvalidInput for one that is unknown."""
    if scope == READ:
        return scope
    app, _dot, codename = scope.rpartition(".")
    permissions = Permission.objects.filter(
        content_type__app_label__in=[app] if app else APPS, codename=codename
    ).select_related("content_type")
    permission = permissions.first()
    if permission is None:
        raise InvalidInput(_("There is no scope %(scope)s.") % {"scope": scope})
    return f"{permission.content_type.app_label}.{permission.codename}"


def find_token(secret: str) -> ApiToken | None:
    """The usable token with this secret, with its user; None if there is none."""
    usable = ApiToken.objects.usable().select_related("user")
    return usable.filter(sha256=sha256_text(secret)).first()


def permits(token: ApiToken, permission: str) -> bool:
    """Whether the token's scopes allow it; the user must have the right as well."""
    if not token.scopes or permission in token.scopes:
        return True
    codename = permission.rpartition(".")[2]
    return READ in token.scopes and codename.startswith("view_")


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Store when it was last used, at most once a minute by the database's clock."""
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=DatabaseNow())


@asks_password
def revoke_token(token: ApiToken, *, by: Actor) -> ApiToken:
    """Make a token useless from now on. Revoking twice changes nothing."""
    return _revoke(token, by)


@transaction.atomic
def end_tokens(person: User, *, by: User) -> None:
    """Revoke every token of a person: their password changed, or they are off."""
    for token in ApiToken.objects.filter(user=person, revoked_at=None):
        _revoke(token, by)


@transaction.atomic
def _revoke(token: ApiToken, by: Actor) -> ApiToken:
    revoked = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=DatabaseNow()
    )
    token.refresh_from_db()
    if revoked:
        AuditEvent.objects.record(
            "token.revoked", actor=by, subject=token, records=[token]
        )
    return token
