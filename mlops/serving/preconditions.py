"""What the policy asks for before a person selects a version."""

from django.utils.translation import gettext as _

from mlops.models import ModelVersion, Rehearsal
from training.errors import NotAllowedNow
from training.services.policy.policies import policy


def require_rehearsed(version: ModelVersion) -> None:
    """Where the policy asks for it; a rollback is never held up by this."""
    if policy().rehearsal_required and not Rehearsal.objects.freshest(version):
        raise NotAllowedNow(
            _(
                "%(version)s must be rehearsed first: your rules ask for a rehearsal "
                "of the last 24 hours, with nothing switched since."
            )
            % {"version": version},
            code="rehearsal_needed",
        )
