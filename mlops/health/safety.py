"""Checks of who may come in, and over which way."""

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext as _

from mlops import policy_text
from mlops.health.base import WARNING, Finding
from training.rule_findings import REPLACED
from training.services.audit.rule_watch import watch_rules

KEY_LENGTH = 40
HOME = {"localhost", "127.0.0.1", "[::1]", "testserver"}
ROLES = ("Reviewer", "Operator", "Admin")


def people() -> Finding:
    missing = [str(policy_text.ROLES[role]) for role in ROLES if not _someone_is(role)]
    if missing:
        return Finding(
            _("Nobody has the role %(roles)s.") % {"roles": ", ".join(missing)},
            _("Give these roles to somebody under Settings, People and roles."),
        )
    return Finding(_("There is somebody for every role."))


def _someone_is(role: str) -> bool:
    if role == "Admin" and User.objects.filter(is_active=True, is_superuser=True):
        return True
    return Group.objects.filter(name=role, user__is_active=True).exists()


def database_rules() -> Finding:
    """A migration that broke off leaves the database without them; so does who may
    change its tables. Who finds it says so in the audit trail, once."""
    lost = watch_rules()
    replaced = [name for name, what in lost.items() if what == REPLACED]
    if replaced:
        return Finding(
            _("%(count)d rules of the database were replaced, such as %(name)s.")
            % {"count": len(replaced), "name": replaced[0]},
            _(
                "Find out who changed the database. Then run: manage.py migrate. It "
                "puts them up again and says so in the audit trail."
            ),
        )
    if lost:
        return Finding(
            _("%(count)d rules of the database are not in force, such as %(name)s.")
            % {"count": len(lost), "name": next(iter(lost))},
            _("Run: manage.py migrate. It puts them up again."),
        )
    return Finding(_("The database itself refuses changes to what is sealed or said."))


def secret_key() -> Finding:
    key = settings.SECRET_KEY
    if len(key) < KEY_LENGTH or len(set(key)) < KEY_LENGTH // 4:
        return Finding(
            _("SECRET_KEY is short enough to be guessed."),
            _(
                "Set it to at least 40 random characters; everybody has to sign in "
                "again afterwards."
            ),
            severity=WARNING if settings.DEBUG else "",
        )
    return Finding(_("SECRET_KEY is long and random."))


def debug() -> Finding:
    if settings.DEBUG:
        return Finding(
            _("DEBUG is on: an error page shows the insides of the system."),
            _("Set DEBUG=off where anybody but its developer works."),
        )
    return Finding(_("DEBUG is off."))


def allowed_hosts() -> Finding:
    if "*" in settings.ALLOWED_HOSTS:
        return Finding(
            _("Any host name is accepted (ALLOWED_HOSTS is *)."),
            _("List the names under which people reach this system."),
        )
    return Finding(
        _("Reachable as %(hosts)s.") % {"hosts": ", ".join(settings.ALLOWED_HOSTS)}
    )


def tls() -> Finding:
    if settings.BEHIND_TLS:
        return Finding(_("Only encrypted connections are accepted."))
    if set(settings.ALLOWED_HOSTS) <= HOME:
        return Finding(_("Plain http, reachable from this machine alone."))
    return Finding(
        _("Passwords travel unencrypted: BEHIND_TLS is off."),
        _("Put a TLS proxy in front and set BEHIND_TLS=on."),
        severity=WARNING,
    )
