"""What people decided about a case, and what really happened later."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import CaseStatus, ReviewAction, ReviewSource
from training.models.cases import Case
from training.models.salted import Salted


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

    def that_asked_for_a_second(self) -> Self:
        """First opinions: somebody else has to decide these cases."""
        return self.filter(action=ReviewAction.APPROVE, asks_second=True)

    def by_people(self) -> Self:
        """Without decisions that were imported from before."""
        return self.exclude(source=ReviewSource.REPLAY)

    def imported(self) -> Self:
        return self.filter(source=ReviewSource.REPLAY)

    def for_table(self) -> Self:
        return self.select_related("by", "case").order_by("-pk")


class Review(Salted):
    """What one person said about a case. Triggers refuse UPDATE and DELETE."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reviews")
    action = models.CharField(max_length=20, choices=ReviewAction)
    decision = models.CharField(max_length=200, blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    reasoning = models.TextField(blank=True, default="")
    confidence = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=ReviewSource)
    blind = models.BooleanField(
        default=False, help_text=_("Made without seeing the recommendation.")
    )
    status_before = models.CharField(
        max_length=20,
        choices=CaseStatus,
        blank=True,
        default="",
        help_text=_("The status that undoing a rejection or a sending back restores."),
    )
    content_sha256 = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("The content of the case that it is about."),
    )
    asks_second = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("It was not enough: another person has to approve the same."),
    )
    active_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Read actively on the page, if measured.")
    )
    reading = models.JSONField(
        default=dict, blank=True, help_text=_("How it was read, if measured.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    at = models.DateTimeField(db_default=DatabaseNow(), db_index=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        permissions = [
            ("see_reading", _("Can see how each person's reviews were read"))
        ]
        indexes = [
            # Whether a person approved a case is read from this index alone.
            models.Index(fields=["case", "action", "source"], name="review_kind"),
            # How many reviews of a time were short is read from this one.
            models.Index(
                fields=["at", "action", "active_seconds"],
                name="review_read",
                condition=Q(active_seconds__isnull=False),
            ),
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
            models.CheckConstraint(
                name="review_measured_on_the_page",
                condition=Q(active_seconds=None) | Q(source=ReviewSource.PAGE),
            ),
            models.CheckConstraint(
                name="review_blind_is_made_on_the_page",
                condition=Q(blind=False) | Q(source=ReviewSource.PAGE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_action_display()} {self.decision}".strip()

    def asks_for_another(self, case: Case) -> bool:
        """It is a first opinion on the case as it is now."""
        first = self.asks_second and self.action == ReviewAction.APPROVE
        return first and self.content_sha256 == case.content_sha256


class CaseOutcome(models.Model):
    """What really happened, reported later. Append-only; the newest one counts."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="outcomes")
    outcome = models.CharField(max_length=200)
    at = models.DateTimeField(
        db_default=DatabaseNow(), help_text=_("When it happened.")
    )
    recorded_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
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
