"""One group of the policy at a time: a short form that saves alone, or its values."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.settings.policy_forms import PolicyForm
from mlops.pages.settings.rule_groups import BY_WAY, RuleGroup, Words
from mlops.policy_text import policy_words
from preciso import limits
from training.canonical import sha256_json
from training.models import TrainingPolicy

NO_LIMIT = _("no limit")
EMPTY: dict[str, Words] = {  # what a value means that is not there
    "allowed_from": _("at any hour"),
    "allowed_until": _("at any hour"),
    "batch_schedule": _("no schedule"),
    **dict.fromkeys(BY_WAY.values(), _("as stated for all")),
}


class RuleGroupForm(PolicyForm):
    """The policy's form, cut down to a group; all else stays as it is.

    ``loosens``: a rule of it can be loosened, so there is room to say why.
    """

    def __init__(
        self, group: RuleGroup, *args: Any, loosens: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        self.fields = {name: self.fields[name] for name in group.names}
        if loosens:
            self.fields["why"] = forms.CharField(
                label=_("Why, if you loosen a rule"),
                required=False,
                max_length=limits.TEXT,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def why(self) -> str:
        return str(self.cleaned_data.get("why", ""))


@dataclass(frozen=True)
class RuleInWords:
    label: str | Promise
    value: str | Promise


def rules_in_words(group: RuleGroup, policy: TrainingPolicy) -> list[RuleInWords]:
    """The values that hold, as one would read them out."""
    fields = RuleGroupForm(group, instance=policy).fields
    held = _values(group, policy)
    return [
        RuleInWords(
            str(fields[name].label).removesuffix(", %"),
            EMPTY.get(name, NO_LIMIT)
            if value in (None, "")
            else policy_words(name, value),
        )
        for name, value in held.items()
    ]


def fingerprint_of(group: RuleGroup, policy: TrainingPolicy) -> str:
    """Another one once a rule of this group was changed; not when others were."""
    return sha256_json({k: str(v) for k, v in _values(group, policy).items()})


def _values(group: RuleGroup, policy: TrainingPolicy) -> dict[str, Any]:
    ways = {name: way for way, name in BY_WAY.items()}
    stated = policy.min_evidence_by_source
    return {
        name: stated.get(ways[name]) if name in ways else getattr(policy, name)
        for name in group.names
    }
