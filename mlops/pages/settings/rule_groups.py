"""The rules of the policy in groups, each with a page of its own under Settings.

A rule that is named here is shown, changed, tried and told of without another line.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.loosening import FOUR_EYES_GROUP
from training.choices import FourEyesRule, ReviewSource

Words = str | Promise
BY_WAY = {
    ReviewSource.PAGE: "evidence_page",
    ReviewSource.BULK: "evidence_bulk",
    ReviewSource.API: "evidence_api",
}
FOUR_EYES = frozenset(FourEyesRule.values)
CLOCKED = {"allowed_from", "allowed_until", "batch_schedule"}


@dataclass(frozen=True)
class RuleGroup:
    """Some rules that belong together; ``slug`` is their part of the address."""

    slug: str
    legend: Words
    about: Words
    names: tuple[str, ...]

    @property
    def is_four_eyes(self) -> bool:
        """Whether it takes a second person to loosen a rule of it."""
        return not FOUR_EYES.isdisjoint(self.names)

    @property
    def has_hours(self) -> bool:
        """Whether the page must say that the company's clock is meant."""
        return not CLOCKED.isdisjoint(self.names)

    @property
    def columns(self) -> list[str]:
        """The columns of the policy, as the audit trail names them."""
        ways = set(BY_WAY.values())
        names = ["min_evidence_by_source" if n in ways else n for n in self.names]
        return list(dict.fromkeys(names))


_GROUPS = [
    RuleGroup(
        "what-is-learnt-from",
        _("What is learnt from"),
        _("The gate: what an approved case must meet before a model learns from it."),
        (
            "min_confidence",
            "min_numbers_found",
            "min_evidence",
            *BY_WAY.values(),
            "max_output_chars",
            "max_contradictions",
            "max_duplicates",
        ),
    ),
    RuleGroup(
        "when-auto-trains",
        _("When Auto trains"),
        _("Every rule must hold. On and off is on the Training page."),
        (
            "min_new_samples",
            "undo_window_minutes",
            "cooldown_minutes",
            "runs_per_day",
            "minutes_per_day",
            "training_scope",
            "allowed_from",
            "allowed_until",
            "bulk_counts_for_auto",
            "trains_while_on_hold",
        ),
    ),
    RuleGroup(
        "schedule",
        _("Schedule"),
        _("Batch trains by itself at these dates."),
        ("batch_schedule", "batch_min_new_samples"),
    ),
    RuleGroup(
        "budget",
        _("Budget"),
        _("What all trainings together may take, whoever starts them."),
        ("budget_minutes_per_day", "budget_minutes_per_month", "price_per_minute"),
    ),
    RuleGroup(
        "who-takes-over",
        _("Who takes over"),
        _(
            "Whether a new version may serve without a person selecting it, and what "
            "a person must have seen first."
        ),
        (
            "promote_enabled",
            "promote_margin",
            "promote_min_cases",
            "promote_max_drop",
            "rehearsal_required",
        ),
    ),
    RuleGroup(
        FOUR_EYES_GROUP,
        _("Four eyes"),
        _(
            "Which decisions one person does not take alone. Each rule is off until "
            "you switch it on; the database keeps it as well."
        ),
        ("bars_own_cases", "conflict_share", "two_people_select"),
    ),
    RuleGroup(
        "in-production",
        _("In production"),
        _("How closely reviewers' agreement with what serves is watched."),
        (
            "blind_share",
            "agreement_alert_below",
            "agreement_alert_min_cases",
            "short_review_seconds",
        ),
    ),
]
RULE_GROUPS: dict[str, RuleGroup] = {group.slug: group for group in _GROUPS}
