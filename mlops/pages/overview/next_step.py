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
    inbox, rows = reverse("mlops:approvals"), []
    if cases := cases_waiting():
        sentence = ngettext(
            "%(n)d case waits for reviewers", "%(n)d cases wait for reviewers", cases
        )
        rows.append(Waiting(sentence % {"n": cases}, inbox))
    for name, count in _second_opinions():
        sentence = ngettext(
            "%(n)d case waits for another reviewer than %(who)s",
            "%(n)d cases wait for another reviewer than %(who)s",
            count,
        )
        url = f"{inbox}?status={CaseStatus.NEEDS_REVIEW}"
        rows.append(Waiting(sentence % {"n": count, "who": name}, url))
    if jobs := sum(group.count for group in dead_letters.bad_ends()):
        sentence = ngettext(
            "%(n)d job waits for an operator", "%(n)d jobs wait for an operator", jobs
        )
        rows.append(Waiting(sentence % {"n": jobs}, reverse("mlops:ops")))
    if loosenings := len(loosening.waiting()):
        sentence = ngettext(
            "%(n)d request to loosen a four-eyes rule waits for a second person",
            "%(n)d requests to loosen a four-eyes rule wait for a second person",
            loosenings,
        )
        url = reverse("mlops:settings-rule-group", args=[loosening.FOUR_EYES_GROUP])
        rows.append(Waiting(sentence % {"n": loosenings}, url))
    if not settings.TRAINING_JOBS_ENABLED:
        sentence = _("Setup waits for an administrator: training is switched off.")
        rows.append(Waiting(sentence, reverse("mlops:setup")))
    return rows


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
    return sorted((name_of(people[pk]), n) for pk, n in counts.items() if pk in people)


def next_step(person: User) -> Step | None:
    """The first of the rules that holds for this person; None: all is done."""
    for rule in RULES:
        if step := rule(person):
            return step
    return None


def _start_again(person: User) -> Step | None:
    """First, for no program gets an answer; the panel says since when and why."""
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
        if period is None:
            sentence = _("Nothing serves yet, and %(version)s could.")
        elif _is_better(version, period.model_version_id):
            sentence = _("%(version)s did better than what serves now.")
        else:
            continue
        return Step(
            sentence % {"version": version},
            _("Look at v%(number)d") % {"number": version.version},
            reverse("mlops:model", args=[version.pk]),
        )
    return None


def _is_better(version: ModelVersion, serving_id: int | None) -> bool:
    """Whether it had the smaller log loss, on the same held-out cases, beside what
    serves now. A version that is older than what serves is no suggestion."""
    champion = champion_of(version)
    measured_against = (champion.get("model_version") or {}).get("id")
    if (
        serving_id is None
        or version.pk <= serving_id
        or measured_against != str(serving_id)
    ):
        return False
    mine = version.metrics.get("log_loss")
    theirs = (champion.get("metrics") or {}).get("log_loss")
    return mine is not None and theirs is not None and mine < theirs


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
    sentence = ngettext(
        "%(n)d new sample is enough to train.",
        "%(n)d new samples are enough to train.",
        new,
    )
    return Step(sentence % {"n": new}, _("Seal and train"), reverse("mlops:training"))


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
