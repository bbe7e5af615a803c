"""The policy's rule that a version is rehearsed before a person selects it."""

from django.utils.translation import gettext as _

from mlops.models import ModelVersion, Rehearsal
from training.errors import NotAllowedNow
from training.services.policy.policies import policy


def needs_rehearsal(version: ModelVersion) -> bool:
    """The policy asks for a rehearsal of this version, and no fresh one is there.

    A read: it writes nothing. A rollback is never held up by the rule.
    """
    return policy().rehearsal_required and not Rehearsal.objects.freshest(version)


def require_rehearsal(version: ModelVersion) -> None:
    """Raises NotAllowedNow where ``needs_rehearsal``."""
    if needs_rehearsal(version):
        raise NotAllowedNow(
            _(
                "%(version)s must be rehearsed first: your rules ask for a rehearsal "
                "of the last 24 hours, with nothing switched since."
            )
            % {"version": version},
            code="rehearsal_needed",
        )
