"""The check of how the serving model does in production."""

from django.utils.translation import gettext as _

from mlops.evaluation.agreement_alerts import current_alert
from mlops.health.base import Finding
from training.services.policy.policies import policy


def agreement() -> Finding:
    alert = current_alert()
    if alert is not None:
        return Finding(
            alert.sentence,
            _("Look at it on the Models page; one click there rolls back."),
        )
    if policy().agreement_alert_below is None:
        return Finding(
            _("No limit is set for how often reviewers must agree with the model.")
        )
    return Finding(_("Reviewers agree with the serving model as often as they should."))
