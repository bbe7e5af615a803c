"""Cases: what is to be decided, and what a model recommends."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import (
    CASE_DECIDED,
    CASE_MOVES,
    CASE_UNDECIDED,
    CASE_WAITING,
    CaseStatus,
    DecisionBasis,
    NoAdviceReason,
)
from training.errors import StaleState
from training.models.audit import AuditEvent
from training.models.policy import TrainingPolicy
from training.models.salted import Salted

Statuses = Collection[CaseStatus]


def _bars(person: User) -> Q:
    """The cases that this person may not approve.

    A first opinion on the case as it is was theirs, or they wrote it and the policy
    bars them for that.
    """
    first = person.reviews.that_asked_for_a_second().filter(
        case=OuterRef("pk"), content_sha256=OuterRef("content_sha256")
    )
    corrected = AuditEvent.objects.filter(
        action="case.corrected",
        actor=person,
        subject_type="case",
        subject_id=Cast(OuterRef("pk"), models.CharField(max_length=40)),
    )
    bars_own_cases = TrainingPolicy.objects.filter(bars_own_cases=True)
    is_author = Q(created_by=person, created_by__isnull=False) | Q(Exists(corrected))
    return Q(Exists(first)) | Q(Exists(bars_own_cases)) & is_author


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
        return self.awaiting_approval().exclude(_bars(person))

    def barring(self, person: User) -> Self:
        """In the inbox, and waiting for somebody other than this person."""
        return self.awaiting_approval().filter(_bars(person))

    def showing_recommendation(self) -> Self:
        """Recommended, and not hidden from who is to decide blind."""
        hidden = Q(blind=True, judged=DecisionBasis.NOT_YET)
        return self.exclude(recommended_decision="").exclude(hidden)

    def approved(self) -> Self:
        return self.filter(status=CaseStatus.APPROVED)

    def matching(self, text: str) -> Self:
        return self.filter(Q(external_id__icontains=text) | Q(title__icontains=text))

    def for_table(self) -> Self:
        return self.defer("facts", "evidence", "protected").order_by("-pk")


class Case(Salted):
    """One decision to be reviewed: facts, evidence, a recommendation."""

    external_id = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=300)
    facts = models.JSONField(default=list)
    protected = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=list, blank=True)
    recommended_decision = models.CharField(max_length=200, blank=True, default="")
    recommended_rationale = models.TextField(blank=True, default="")
    recommended_explanation = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text=_("The rationale as a code and parameters, where a model gave it."),
    )
    recommended_confidence = models.FloatField(null=True, blank=True)
    recommender_id = models.BigIntegerField(
        null=True, blank=True, db_index=True, help_text=_("Model version, if a model.")
    )
    recommender = models.JSONField(null=True, blank=True)
    no_advice = models.CharField(
        max_length=20,
        choices=NoAdviceReason,
        blank=True,
        default="",
        db_default="",
        help_text=_("Why no model recommended anything when it came in."),
    )
    blind = models.BooleanField(
        default=False,
        help_text=_("People decide it without seeing what the model recommends."),
    )
    content_sha256 = models.CharField(max_length=64)
    facts_sha256 = models.CharField(max_length=64, db_index=True)
    status = models.CharField(
        max_length=20, choices=CaseStatus, default=CaseStatus.AWAITING_REVIEW
    )
    decision = models.CharField(max_length=200, blank=True, default="")
    judged = models.CharField(
        max_length=10, choices=DecisionBasis, blank=True, default=DecisionBasis.NOT_YET
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), db_index=True)
    updated_at = models.DateTimeField(db_default=DatabaseNow(), db_index=True)
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
            ("read_protected", _("Can see protected attributes")),
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
            # Agreement in production is counted from this index alone.
            models.Index(
                fields=[
                    "recommender_id",
                    "created_at",
                    "status",
                    "judged",
                    "decision",
                    "recommended_decision",
                ],
                name="case_decided_by_people",
                condition=Q(
                    status=CaseStatus.APPROVED,
                    judged__in=(DecisionBasis.SEEN, DecisionBasis.BLIND),
                    recommender_id__isnull=False,
                ),
            ),
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
            models.CheckConstraint(
                name="case_judged_is_known",
                condition=Q(judged__in=DecisionBasis.values),
            ),
            models.CheckConstraint(
                name="case_judged_blind_is_blind",
                condition=~Q(judged=DecisionBasis.BLIND) | Q(blind=True),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def has_recommendation(self) -> bool:
        return self.recommended_decision != ""

    @property
    def hides_recommendation(self) -> bool:
        """The pages keep it back until a person has decided, so that the decision is
        that person's own. It stays visible when the decision is withdrawn."""
        undecided = self.blind and self.judged == DecisionBasis.NOT_YET
        return undecided and self.has_recommendation

    @property
    def shows_recommendation(self) -> bool:
        return self.has_recommendation and not self.hides_recommendation

    @property
    def is_waiting(self) -> bool:
        return self.status in CASE_WAITING

    @property
    def is_in_inbox(self) -> bool:
        return self.status in CASE_UNDECIDED

    def move(self, to: CaseStatus, **changes: Any) -> None:
        """A waiting case changes status in one UPDATE; of two racing callers exactly
        one succeeds.

        Matches the content and the status this instance was read with: a decision
        lands neither on facts that were corrected meanwhile, nor as a first opinion
        where another one was given meanwhile. Raises StaleState; then nothing changed.
        """
        self._update(self._as_read(CASE_WAITING, to), status=to, **changes)

    def take_back(self, to: CaseStatus, **changes: Any) -> None:
        """As ``move``, of a case that is approved or closed: it waits again."""
        self._update(self._as_read(CASE_DECIDED, to), status=to, **changes)

    def _as_read(self, among: Statuses, to: CaseStatus) -> list[CaseStatus]:
        read = CaseStatus(self.status)
        return [read] if read in among and read in CASE_MOVES[to] else []

    def replace_content(self, **content: Any) -> None:
        """Correct an undecided case where it stands. Raises StaleState."""
        self._update((CaseStatus.AWAITING_REVIEW,), **content)

    def _update(self, may_be: Statuses, **changes: Any) -> None:
        updated = Case.objects.filter(
            pk=self.pk, status__in=may_be, content_sha256=self.content_sha256
        ).update(updated_at=DatabaseNow(), **changes)
        self.refresh_from_db()
        if not updated:
            raise StaleState(self._why_not(may_be))

    def _why_not(self, may_be: Statuses) -> str:
        if self.status in may_be:  # then the content is another than was read
            return _(
                "Case %(case)s was corrected meanwhile; look at it again. "
                "Nothing changed."
            ) % {"case": self}
        return _(
            "Case %(case)s is %(status)s; somebody was first. Nothing changed."
        ) % {"case": self, "status": self.get_status_display().lower()}
