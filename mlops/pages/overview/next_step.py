"""What waits for whom, and the one thing this person should do next."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mlops.models import ModelVersion
from mlops.pages.shared import dead_letters, loosening
from mlops.pages.shared.inbox import next_case
from mlops.pages.shared.model_versions import champion_of, stop_in_force
from mlops.pages.shared.request_reads import cases_waiting, open_dataset
from mlops.serving import selection
from training.choices import CaseStatus, JobStatus
from training.models import Case, PipelineJob, Review
from training.models.accounts import name_of
from training.services.datasets import figures
from training.services.policy import policies

NEWEST = 5  # versions that are looked at for one that is better


@dataclass(frozen=True)
class Step:
    """One suggestion: why, and the button that leads there."""

    sentence: str
    button: str
    url: str


@dataclass(frozen=True)
class Waiting:
    """How much waits for people of one kind, and where it is."""

    sentence: str
    url: str


def waiting() -> list[Waiting]:
    """For reviewers, for operators, for administrators; only what is there."""
    told = [*_for_reviewers(), *_for_operators(), *_for_administrators()]
    if not settings.TRAINING_JOBS_ENABLED:
        said = _("Setup waits for an administrator: training is switched off.")
        told.append(Waiting(said, reverse("mlops:setup")))
    return told


def _for_reviewers() -> list[Waiting]:
    inbox, told = reverse("mlops:approvals"), []
    if cases := cases_waiting():
        said = ngettext(
            "%(n)d case waits for reviewers", "%(n)d cases wait for reviewers", cases
        )
        told.append(Waiting(said % {"n": cases}, inbox))
    for name, count in _second_opinions():
        said = ngettext(
            "%(n)d case waits for another reviewer than %(who)s",
            "%(n)d cases wait for another reviewer than %(who)s",
            count,
        )
        url = f"{inbox}?status={CaseStatus.NEEDS_REVIEW}"
        told.append(Waiting(said % {"n": count, "who": name}, url))
    return told


def _second_opinions() -> list[tuple[str, int]]:
    """Who was unsure first, and of how many cases."""
    opinions = Review.objects.that_asked_for_a_second().filter(case=OuterRef("pk"))
    first = opinions.order_by("-pk").values("by")[:1]
    rows = (
        Case.objects.filter(status=CaseStatus.NEEDS_REVIEW)
        .annotate(first_by=Subquery(first))
        .order_by()
        .values_list("first_by")
        .annotate(n=Count("*"))
    )
    counts: dict[int, int] = dict(rows)
    people = User.objects.in_bulk(list(counts))
    named = [(people[pk], n) for pk, n in counts.items() if pk in people]
    return sorted((name_of(who), n) for who, n in named)


def _for_operators() -> list[Waiting]:
    groups = dead_letters.bad_ends()
    if not groups:
        return []
    count = sum(group.count for group in groups)
    said = ngettext(
        "%(n)d job waits for an operator", "%(n)d jobs wait for an operator", count
    )
    return [Waiting(said % {"n": count}, reverse("mlops:ops"))]


def _for_administrators() -> list[Waiting]:
    asked = len(loosening.waiting())
    if not asked:
        return []
    said = ngettext(
        "%(n)d wish to loosen a four-eyes rule waits for a second person",
        "%(n)d wishes to loosen a four-eyes rule wait for a second person",
        asked,
    )
    url = reverse("mlops:settings-rule-group", args=["four-eyes"])
    return [Waiting(said % {"n": asked}, url)]


def next_step(person: User) -> Step | None:
    """The first of the rules that holds for this person; None: all is done."""
    for rule in RULES:
        if step := rule(person):
            return step
    return None


def _start_again(person: User) -> Step | None:
    """First of all: no program gets an answer. Since when and why, the page tells."""
    if not person.has_perm("mlops.start_serving") or stop_in_force() is None:
        return None
    return Step(
        _("No model answers until somebody starts it again."),
        _("Start it again"),
        "#serving-title",
    )


def _bad_ends(person: User) -> Step | None:
    groups = dead_letters.bad_ends()
    if not groups or not person.has_perm("training.retry_pipelinejob"):
        return None
    return Step(
        _("Some work ended badly and waits for a person."),
        _("See what to do"),
        reverse("mlops:ops"),
    )


def _better_version(person: User) -> Step | None:
    """One that was measured beside what serves now, and was better."""
    if not person.has_perm("mlops.select_version"):
        return None
    period = selection.current_period()
    if period is not None and period.model_version_id is None:
        return None  # stopped: what to do then stands on the panel
    candidates = ModelVersion.objects.eligible().order_by("-pk")[:NEWEST]
    for version in candidates:
        if period is None or _is_better(version, period.model_version_id):
            why = (
                _("Nothing serves yet, and %(version)s could.")
                if period is None
                else _("%(version)s did better than what serves now.")
            )
            return Step(
                why % {"version": version},
                _("Look at v%(number)d") % {"number": version.version},
                reverse("mlops:model", args=[version.pk]),
            )
    return None


def _is_better(version: ModelVersion, serving_id: int | None) -> bool:
    champion = champion_of(version)
    named, theirs = champion.get("model_version") or {}, champion.get("metrics") or {}
    mine, other = version.metrics.get("log_loss"), theirs.get("log_loss")
    if (
        serving_id is None
        or version.pk <= serving_id
        or named.get("id") != str(serving_id)
    ):
        return False
    return mine is not None and other is not None and mine < other


def _next_case(person: User) -> Step | None:
    if not person.has_perm("training.review_case"):
        return None
    case = next_case(person)
    if case is None:
        return None
    return Step(
        _("Cases wait for a decision."),
        _("Decide the next case"),
        reverse("mlops:case", args=[case.pk]),
    )


def _seal_and_train(person: User) -> Step | None:
    """As many new samples as Auto would need, whether Auto is on or not."""
    may = person.has_perms(["training.train", "training.seal_datasetversion"])
    version = open_dataset()
    if not may or version is None or not settings.TRAINING_JOBS_ENABLED:
        return None
    new = figures.counts(version)["new"]
    if not new or new < policies.policy().min_new_samples:
        return None
    said = ngettext(
        "%(n)d new sample is enough to train.",
        "%(n)d new samples are enough to train.",
        new,
    )
    return Step(said % {"n": new}, _("Seal and train"), reverse("mlops:training"))


def _watch(person: User) -> Step | None:
    running = PipelineJob.objects.filter(status=JobStatus.PROCESSING).first()
    if running is None or not person.has_perm("training.view_pipelinejob"):
        return None
    return Step(
        _("A job is running."),
        _("Watch it"),
        reverse("mlops:job", args=[running.pk]),
    )


RULES: list[Callable[[User], Step | None]] = [
    _start_again,
    _bad_ends,
    _better_version,
    _next_case,
    _seal_and_train,
    _watch,
]
