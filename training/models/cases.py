"""Cases, what people decided about them, and what really happened later."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from training.choices import (
    CASE_MOVES,
    CASE_UNDECIDED,
    CASE_WAITING,
    CaseStatus,
    ReviewAction,
    ReviewSource,
)
from training.errors import StaleState


class CaseQuerySet(models.QuerySet["Case"]):
    """The words people use about cases."""

    def waiting(self) -> Self:
        """Somebody must still decide."""
        return self.filter(status__in=CASE_WAITING)

    def awaiting_approval(self) -> Self:
        """In the inbox: nobody, or only an unsure reviewer, has decided."""
        return self.filter(status__in=CASE_UNDECIDED)

    def decidable_by(self, person: User) -> Self:
        """In the inbox, less those that wait for somebody other than this person."""
        mine = Review.objects.filter(action=ReviewAction.APPROVE, by=person)
        return self.awaiting_approval().exclude(
            status=CaseStatus.NEEDS_REVIEW, pk__in=mine.values("case")
        )

    def agreeable_in_bulk(self) -> Self:
        """Shown with a recommendation; every other case is decided by itself."""
        return self.exclude(recommended_decision="")

    def approved(self) -> Self:
        return self.filter(status=CaseStatus.APPROVED)

    def recommended_by_a_model(self) -> Self:
        return self.exclude(recommender_id=None)

    def matching(self, text: str) -> Self:
        return self.filter(Q(external_id__icontains=text) | Q(title__icontains=text))

    def for_table(self) -> Self:
        return self.defer("facts", "evidence", "protected").order_by("-pk")


class Case(models.Model):
    """One decision to be reviewed: facts, evidence, a recommendation."""

    external_id = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=300)
    facts = models.JSONField(default=list)
    protected = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=list, blank=True)
    recommended_decision = models.CharField(max_length=200, blank=True, default="")
    recommended_rationale = models.TextField(blank=True, default="")
    recommended_confidence = models.FloatField(null=True, blank=True)
    recommender_id = models.BigIntegerField(
        null=True, blank=True, db_index=True, help_text=_("Model version, if a model.")
    )
    recommender = models.JSONField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64)
    facts_sha256 = models.CharField(max_length=64, db_index=True)
    status = models.CharField(
        max_length=20, choices=CaseStatus, default=CaseStatus.AWAITING_REVIEW
    )
    decision = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        permissions = [
            ("import_case", _("Can import cases from a file")),
            ("review_case", _("Can review cases")),
            ("record_outcome", _("Can record what happened later")),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="case_status_newest"),
            models.Index(
                # The inbox is old cases first, and these are the newest of all.
                fields=["id"],
                name="case_undecided",
                condition=Q(status__in=CASE_UNDECIDED),
            ),
            # A search for a part of a text reads this index alone.
            models.Index(fields=["external_id", "title"], name="case_searched"),
        ]
        constraints = [
            models.CheckConstraint(
                name="case_decision_set_iff_approved",
                condition=Q(status=CaseStatus.APPROVED) & ~Q(decision="")
                | (
                    Q(
                        status__in=[
                            s for s in CaseStatus.values if s != CaseStatus.APPROVED
                        ],
                        decision="",
                    )
                ),
            ),
            models.CheckConstraint(
                name="case_confidence_is_a_probability",
                condition=Q(recommended_confidence=None)
                | Q(recommended_confidence__gte=0, recommended_confidence__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def has_recommendation(self) -> bool:
        return self.recommended_decision != ""

    @property
    def is_waiting(self) -> bool:
        return self.status in CASE_WAITING

    @property
    def is_in_inbox(self) -> bool:
        return self.status in CASE_UNDECIDED

    def move(self, to: CaseStatus, **changes: Any) -> None:
        """Change status in one UPDATE; of two racing callers exactly one succeeds.

        Matches the content this instance was read with, so a decision can never land
        on facts that were corrected meanwhile. Raises StaleState; then nothing changed.
        """
        self._update(CASE_MOVES[to], status=to, **changes)

    def replace_content(self, **content: Any) -> None:
        """Correct an undecided case where it stands. Raises StaleState."""
        self._update((CaseStatus.AWAITING_REVIEW,), **content)

    def _update(self, may_be: Collection[CaseStatus], **changes: Any) -> None:
        seen = self.content_sha256
        updated = Case.objects.filter(
            pk=self.pk, status__in=may_be, content_sha256=seen
        ).update(updated_at=timezone.now(), **changes)
        self.refresh_from_db()
        if not updated:
            raise StaleState(self._why_not(may_be))

    def _why_not(self, may_be: Collection[CaseStatus]) -> str:
        if self.status in may_be:  # then the content was not the one seen
            return _(
                "Case %(case)s was corrected meanwhile; look at it again. "
                "Nothing changed."
            ) % {"case": self}
        return _(
            "Case %(case)s is %(status)s; somebody was first. Nothing changed."
        ) % {"case": self, "status": self.get_status_display().lower()}


class ReviewQuerySet(models.QuerySet["Review"]):
    def decisions(self) -> Self:
        return self.filter(
            action__in=(ReviewAction.APPROVE, ReviewAction.REJECT)
        ).order_by("-pk")

    def that_decided(self) -> Self:
        """The approval that gave each approved case its decision, newest first."""
        approvals = self.filter(action=ReviewAction.APPROVE)
        later = Review.objects.filter(
            action=ReviewAction.APPROVE, case=OuterRef("case"), pk__gt=OuterRef("pk")
        )
        # Approved cases have a decision and no others: asked by status, SQLite would
        # sort all of them for the newest few.
        decided = approvals.filter(~Exists(later)).exclude(case__decision="")
        return decided.order_by("-pk")

    def by_people(self) -> Self:
        """Without decisions that were imported from before."""
        return self.exclude(source=ReviewSource.REPLAY)

    def imported(self) -> Self:
        return self.filter(source=ReviewSource.REPLAY)

    def for_table(self) -> Self:
        return self.select_related("by", "case").order_by("-pk")


class Review(models.Model):
    """What one person said about a case. Triggers refuse UPDATE and DELETE."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reviews")
    action = models.CharField(max_length=20, choices=ReviewAction)
    decision = models.CharField(max_length=200, blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    reasoning = models.TextField(blank=True, default="")
    confidence = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=ReviewSource)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes = [
            # Whether a person approved a case is read from this index alone.
            models.Index(fields=["case", "action", "source"], name="review_kind")
        ]
        constraints = [
            models.CheckConstraint(
                name="review_action_is_known",
                condition=Q(action__in=ReviewAction.values),
            ),
            models.CheckConstraint(
                name="review_approval_has_a_decision",
                condition=~Q(action=ReviewAction.APPROVE) | ~Q(decision=""),
            ),
            models.CheckConstraint(
                name="review_confidence_is_a_probability",
                condition=Q(confidence=None) | Q(confidence__gte=0, confidence__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_action_display()} {self.decision}".strip()


class CaseOutcome(models.Model):
    """What really happened, reported later. Append-only; the newest one counts."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="outcomes")
    outcome = models.CharField(max_length=200)
    at = models.DateTimeField(help_text=_("When it happened."))
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")

    def __str__(self) -> str:
        return f"{self.case}: {self.outcome}"
