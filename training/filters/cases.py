"""The filters of a list of cases, for the API and for the page."""

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from preciso.filters import (
    DaysFilter,
    Filters,
    FlagFilter,
    IdFilter,
    before,
    midnight,
    person,
    since,
)
from training.choices import CaseStatus, ReviewAction
from training.models import Case, Review
from training.models.cases import CaseQuerySet
from training.services.policy import policies

WAITING, ALL = "waiting", "all"  # beside the statuses
STATUSES: list[tuple[str, str | Promise]] = [
    (WAITING, _("Waiting")),
    (ALL, _("All")),
    *CaseStatus.choices,
]
SECOND: dict[str, str | Promise] = {
    "mine": _("I may give it"),
    "others": _("Somebody else has to"),
}
DECISIVE = (ReviewAction.APPROVE, ReviewAction.REJECT, ReviewAction.REQUEST_CHANGES)


class CaseFilters(Filters):
    """``status`` is a case status, ``waiting`` (the inbox) or ``all``.

    What ``second`` matches depends on the person who asks.
    """

    status = django_filters.ChoiceFilter(choices=STATUSES, method="in_status")
    external_id = django_filters.CharFilter()
    q = django_filters.CharFilter(method="matching")
    recommended = django_filters.CharFilter(
        method="with_recommendation",
        help_text=_("The decision that is recommended, where people may see it."),
    )
    sure = FlagFilter(
        method="by_confidence",
        help_text=_("Whether the recommendation is as confident as a review must be."),
    )
    second = django_filters.ChoiceFilter(
        choices=list(SECOND.items()),
        method="needing_a_second_opinion",
        empty_label=_("Needed or not"),
        help_text=_("Waits for a second opinion: yours, or that of somebody else."),
    )
    decision = django_filters.CharFilter()
    created_by = person("created_by")
    reviewed_by = django_filters.CharFilter(method="with_a_review_by")
    decided_by = django_filters.CharFilter(
        method="decided_by_a_person",
        help_text=_("Whose decision it is, by the name they sign in with."),
    )
    came = DaysFilter(
        method="came_within",
        help_text=_("Came in on one of so many days; 1 is today."),
    )
    decided = DaysFilter(
        method="decided_within",
        help_text=_("Decided on one of so many days; 1 is today."),
    )
    recommender_id = IdFilter()
    updated_since = since("updated_at")
    updated_before = before("updated_at")
    created_since = since("created_at")
    created_before = before("created_at")

    def __init__(self, *args: Any, reader: User | None = None, **kwargs: Any) -> None:
        """``reader`` is the person who asks; needed only where there is no request."""
        super().__init__(*args, **kwargs)
        self.reader = reader

    def in_status(self, cases: CaseQuerySet, _name: str, status: str) -> QuerySet[Case]:
        if status == WAITING:
            return cases.awaiting_approval()
        return cases if status == ALL else cases.filter(status=status)

    def matching(self, cases: CaseQuerySet, _name: str, text: str) -> QuerySet[Case]:
        return cases.matching(text)

    def with_recommendation(
        self, cases: CaseQuerySet, _name: str, decision: str
    ) -> QuerySet[Case]:
        return cases.showing_recommendation().filter(recommended_decision=decision)

    def by_confidence(
        self, cases: CaseQuerySet, _name: str, is_sure: bool
    ) -> QuerySet[Case]:
        limit = policies.policy().min_confidence
        cases = cases.showing_recommendation()
        if is_sure:
            return cases.filter(recommended_confidence__gte=limit)
        return cases.filter(recommended_confidence__lt=limit)

    def needing_a_second_opinion(
        self, cases: CaseQuerySet, _name: str, whose: str
    ) -> QuerySet[Case]:
        reader = self.reader or self.request.user
        waiting = cases.filter(status=CaseStatus.NEEDS_REVIEW)
        mine = waiting.decidable_by(reader)
        return mine if whose == "mine" else waiting.exclude(pk__in=mine.values("pk"))

    def with_a_review_by(
        self, cases: CaseQuerySet, _name: str, username: str
    ) -> QuerySet[Case]:
        reviewed = Review.objects.filter(by__username=username).values("case")
        return cases.filter(pk__in=reviewed)

    def decided_by_a_person(
        self, cases: CaseQuerySet, _name: str, username: str
    ) -> QuerySet[Case]:
        """With ``decided``, one review has to match both, the person and the days."""
        reviews = Review.objects.by_people().filter(by__username=username)
        if days := self.form.cleaned_data.get("decided"):
            reviews = reviews.filter(at__gte=_days_back(days))
        return _decided_in(cases, reviews)

    def came_within(self, cases: CaseQuerySet, _name: str, days: int) -> QuerySet[Case]:
        return cases.filter(created_at__gte=_days_back(days))

    def decided_within(
        self, cases: CaseQuerySet, _name: str, days: int
    ) -> QuerySet[Case]:
        if self.form.cleaned_data.get("decided_by"):
            return cases
        reviews = Review.objects.by_people().filter(at__gte=_days_back(days))
        return _decided_in(cases, reviews)


def _decided_in(cases: CaseQuerySet, reviews: QuerySet[Review]) -> QuerySet[Case]:
    decisive = reviews.filter(action__in=DECISIVE)
    # A case whose decision was undone, or that came back corrected, waits again.
    waits_again = CaseStatus.AWAITING_REVIEW
    return cases.filter(pk__in=decisive.values("case")).exclude(status=waits_again)


def _days_back(days: int) -> datetime:
    """The midnight with which this many whole days begin, today being the last."""
    return midnight(timezone.localdate() - timedelta(days=days - 1))
