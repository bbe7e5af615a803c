"""The check of how the serving model does in production."""

from django.utils.translation import gettext as _

from mlops.evaluation.agreement_alerts import current_alert
from mlops.health.base import Answer
from training.services.policy.policies import policy


def agreement() -> Answer:
    found = current_alert()
    if found is not None:
        return Answer(
            found.sentence,
            _("Look at it on the Models page; one click there rolls back."),
        )
    if policy().agreement_alert_below is None:
        return Answer(
            _("No limit is set for how often reviewers must agree with the model.")
        )
    return Answer(_("Reviewers agree with the serving model as often as they should."))
