"""Auto, Batch and the runs, as the training page shows them."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from mlops.models import ModelVersion
from mlops.pages.shared import auto_rule_text
from mlops.pages.shared.budget_card import budget_card
from mlops.pages.shared.job_curves import curves
from mlops.pages.shared.job_progress import newest_start, time_left
from mlops.pages.shared.policy_summary import rule_of_auto
from mlops.pages.shared.request_reads import open_dataset
from training.choices import TrainingScope, Trigger
from training.models import AutoDecision, DatasetVersion, TrainingRun
from training.schedules import in_words, next_dates
from training.services.datasets import figures
from training.services.policy import auto_decisions, policies
from training.services.policy.auto_rules import AUTO_RULES, apply_rules

RUNS, VERSIONS, DECISIONS = 10, 8, 6


def auto_card() -> dict[str, Any]:
    """Whether Auto is on, who says so, and which rules hold it back now."""
    policy = policies.policy()
    state = auto_decisions.training_state(policy)
    rules = apply_rules(AUTO_RULES, policy, state)
    # The rules look no farther than they must: not while too few samples are new.
    unsettled = auto_decisions.unsettled_samples(policy, state.now).count()
    settled = max(state.new - unsettled, 0)
    last = _decisions().exclude(trigger=Trigger.SCHEDULE).order_by("-pk").first()
    return {
        "policy": policy,
        "enabled": policies.is_enabled(policy),
        "switched_by": policies.switched_by(policy),
        "training_enabled": bool(settings.TRAINING_JOBS_ENABLED),
        "sentence": rule_of_auto(policy),
        "now": auto_rule_text.card([rule.as_json() for rule in rules]),
        "needed": policy.min_new_samples,
        "settled": settled,
        "bar": min(settled, policy.min_new_samples),
        "is_more": state.new >= max(auto_decisions.COUNTED_TO, policy.min_new_samples),
        "unsettled": unsettled,
        "last_decision": last,
        "last_card": auto_rule_text.card(last.rules) if last else None,
    }


def _decisions() -> QuerySet[AutoDecision]:
    return AutoDecision.objects.select_related("job", "case")


def batch_card() -> dict[str, Any]:
    """What has accumulated, and what training it would take and cost."""
    version = open_dataset()
    counts = figures.counts(version) if version else None
    offers = {}
    if version and counts and counts["samples"]:
        offers = {
            "budget": budget_card(counts["samples"]),
            "news": _news(version, counts["new"]),
        }
    decisions = list(counts["by_decision"].items()) if counts else []
    return {
        "open_version": version,
        "counts": counts,
        "decisions": decisions[:DECISIONS],
        "rarer": len(decisions[DECISIONS:]),
        "can_seal": bool(offers),
        **offers,
    }


def _news(version: DatasetVersion, new: int) -> dict[str, Any] | None:
    """Training on what is new alone; None for the first, in which all is new."""
    if version.parent is None:
        return None
    learnable = version.added().filter(held_out=False).count()
    return {
        "learnable": learnable,
        "budget": budget_card(new, TrainingScope.DELTA) if learnable else None,
    }


def schedule_card() -> dict[str, Any]:
    """When Batch trains by itself, and what came of its last date."""
    policy = policies.policy()
    scheduled = _decisions().filter(trigger=Trigger.SCHEDULE)
    last = scheduled.order_by("-due_at").first()
    return {
        "policy": policy,
        "reading": schedule_reading(policy.batch_schedule),
        "last_decision": last,
        "last_card": auto_rule_text.card(last.rules) if last else None,
    }


def schedule_reading(expression: str) -> dict[str, Any] | None:
    """What a schedule means, in words and as its next dates; None for no schedule."""
    if not expression:
        return None
    return {
        "words": in_words(expression),
        "dates": next_dates(expression, timezone.now()),
    }


def last_run() -> TrainingRun | None:
    return TrainingRun.objects.for_table().first()


def last_run_card(run: TrainingRun | None) -> dict[str, Any]:
    """The newest run, what is left of it in words, and its course."""
    if run is None:
        return {"last_run": None}
    courses = curves(run.job)["curves"]
    return {
        "last_run": run,
        "left": time_left(run.job, newest_start(run.job)),
        "course": next(iter(courses.items()), None),
    }


def runs() -> list[tuple[TrainingRun, ModelVersion | None]]:
    """The newest runs, each with the model version it made."""
    rows = list(TrainingRun.objects.for_table()[:RUNS])
    versions = ModelVersion.objects.in_bulk(
        [row.model_version_id for row in rows if row.model_version_id]
    )
    return [(row, versions.get(row.model_version_id or 0)) for row in rows]


def sealed_versions() -> list[DatasetVersion]:
    """Newest first; the one still being sealed is among them."""
    return list(DatasetVersion.objects.frozen().for_table()[:VERSIONS])
