"""Accepting a version that learnt from samples which were withdrawn since."""

from django.db import transaction
from django.utils.translation import gettext as _

from mlops.models import ModelVersion, WithdrawnAcceptance
from training.errors import NotAllowedNow
from training.models import AuditEvent
from training.models.audit import Actor
from training.values import stated_reason


@transaction.atomic
def accept_withdrawn(
    version: ModelVersion, *, by: Actor, reason: str
) -> WithdrawnAcceptance:
    """Record that a person lets the version serve all the same.

    Covers the samples withdrawn until now; one that is withdrawn later asks again.
    Raises InvalidInput without a reason, NotAllowedNow where there is nothing to
    accept.
    """
    reason = stated_reason(reason, _("Say why it may serve all the same."))
    version.forget_withdrawn()
    if not version.withdrawn:
        raise NotAllowedNow(
            _("%(version)s learnt from no withdrawn sample: nothing to accept.")
            % {"version": version}
        )
    acceptance = WithdrawnAcceptance.objects.create(
        model_version=version, samples=version.withdrawn, by=by, reason=reason
    )
    AuditEvent.objects.record(
        "model.withdrawn_accepted",
        actor=by,
        subject=version,
        records=[acceptance],
        samples=acceptance.samples,
        reason=acceptance.reason,
    )
    version.forget_withdrawn()
    return acceptance
