"""The switch of Auto, which stands on Training and under Settings."""

from django.contrib import messages
from django.utils.translation import gettext as _

from mlops.pages.shared.responses import refusal_text
from preciso.http import AuthedRequest
from training.errors import DomainError
from training.services.policy import policies

CHOICES = {"on": True, "off": False, "environment": None}


def switch_auto(request: AuthedRequest) -> str:
    """Switch Auto as the form says; returns why not, or nothing where it is done.

    What administrators choose counts more than the environment, until they choose that
    it shall be as the environment says.
    """
    choice = request.POST.get("auto", "")
    if choice not in CHOICES:
        return _("Choose on, off, or as the environment says.")
    try:
        policy = policies.change_policy(by=request.user, auto_enabled=CHOICES[choice])
    except DomainError as refusal:
        return refusal_text(request, refusal)
    is_on = policies.is_enabled(policy)
    messages.success(request, _("Auto is on.") if is_on else _("Auto is off."))
    return ""
