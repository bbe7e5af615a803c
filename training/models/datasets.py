"""Samples, and the dataset versions that contain them as intervals.

A sample is in from ``in_from`` until (excluding) ``in_until``: no copies. Triggers
refuse changing it, entering a version that is not open, and touching a sealed one.
"""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import DatasetStatus, GateStatus, ReviewSource
from training.errors import StaleState
from training.models.cases import Case
from training.models.reviews import Review
from training.models.salted import Salted
from training.refusals import refusal

DATASET_MOVES = {
    DatasetStatus.SEALING: (DatasetStatus.OPEN,),
    DatasetStatus.SEALED: (DatasetStatus.SEALING,),
}


class DatasetVersionQuerySet(models.QuerySet["DatasetVersion"]):
    def open(self) -> Self:
        return self.filter(status=DatasetStatus.OPEN)

    def sealed(self) -> Self:
        return self.filter(status=DatasetStatus.SEALED)

    def interrupted(self, *, before: datetime) -> Self:
        """Frozen, and nobody is exporting: the process that sealed it died."""
        return self.filter(status=DatasetStatus.SEALING, frozen_at__lt=before).filter(
            Q(sealing_job=None) | Q(sealing_job__finished_at__isnull=False)
        )

    def frozen(self) -> Self:
        """Sealed, or being sealed: what they contain can no longer change."""
        return self.exclude(frozen_at=None)

    def for_table(self) -> Self:
        """With ``parent_id``, the key of the version before, if there is one."""
        before = DatasetVersion.objects.filter(number=models.OuterRef("number") - 1)
        return (
            self.select_related("sealed_by")
            .annotate(parent_id=models.Subquery(before.values("pk")))
            .order_by("-number")
        )


class DatasetVersion(models.Model):
    """Collects samples while open; sealed, it is numbered, hashed and immutable."""

    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(
        max_length=10, choices=DatasetStatus, default=DatasetStatus.OPEN
    )
    created_at = models.DateTimeField(db_default=DatabaseNow())
    frozen_at = models.DateTimeField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    sealing_job = models.ForeignKey(
        "training.PipelineJob",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The job that exports it, where no request does so itself."),
    )
    sample_count = models.PositiveIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    export_name = models.CharField(max_length=200, blank=True, default="")
    counts = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text=_("What it contains, by decision, reviewer and source, once sealed."),
    )

    objects = DatasetVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("dataset version")
        verbose_name_plural = _("dataset versions")
        permissions = [("seal_datasetversion", _("Can seal a dataset version"))]
        constraints = [
            models.UniqueConstraint(
                name="datasetversion_only_one_open",
                fields=["status"],
                condition=Q(status=DatasetStatus.OPEN),
            ),
            models.CheckConstraint(
                name="datasetversion_frozen_at_set_iff_not_open",
                condition=Q(status=DatasetStatus.OPEN, frozen_at=None)
                | Q(
                    status__in=(DatasetStatus.SEALING, DatasetStatus.SEALED),
                    frozen_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="datasetversion_hashed_iff_sealed",
                condition=Q(
                    status__in=(DatasetStatus.OPEN, DatasetStatus.SEALING),
                    sealed_at=None,
                    sha256="",
                )
                | Q(
                    status=DatasetStatus.SEALED,
                    sealed_at__isnull=False,
                    sample_count__gt=0,
                )
                & ~Q(sha256="")
                & ~Q(export_name=""),
            ),
        ]

    def __str__(self) -> str:
        return _("Dataset %(number)d") % {"number": self.number}

    def move(self, to: DatasetStatus, **changes: Any) -> None:
        """Change status in one UPDATE. Raises StaleState if it is no longer due."""
        due = DatasetVersion.objects.filter(pk=self.pk, status__in=DATASET_MOVES[to])
        moved = due.update(status=to, **changes)
        self.refresh_from_db()
        if not moved:
            raise StaleState(
                refusal("moved_on", version=self.number, status=self.status)
            )

    @property
    def parent(self) -> "DatasetVersion | None":
        """The version before; numbers have no gaps, so no column is needed."""
        return DatasetVersion.objects.filter(number=self.number - 1).first()

    def samples(self) -> "SampleQuerySet":
        """All it contains: earlier samples too, less the withdrawn."""
        return Sample.objects.contained_in(self.number)

    def added(self) -> "SampleQuerySet":
        """What it contains and its parent does not."""
        return self.samples().filter(in_from=self.number)

    def withdrawn(self) -> "SampleQuerySet":
        """What its parent contains and it does not."""
        return Sample.objects.filter(in_from__lt=self.number, in_until=self.number)


def in_version(number: int) -> Q:
    """Samples that the version with this number contains."""
    return Q(in_from__lte=number) & (Q(in_until=None) | Q(in_until__gt=number))


def in_one_only(number: int, other: int) -> Q:
    """Samples that version ``number`` contains and version ``other`` does not."""
    if number > other:
        return in_version(number) & Q(in_from__gt=other)
    return in_version(number) & Q(in_until__lte=other)


class SampleQuerySet(models.QuerySet["Sample"]):
    def contained_in(self, number: int) -> Self:
        return self.filter(in_version(number))

    def in_one_only(self, number: int, other: int) -> Self:
        return self.filter(in_one_only(number, other))

    def tally(self, column: str) -> dict[str, int]:
        """How many there are of each value, the commonest first."""
        rows = self.order_by().values_list(column).annotate(n=models.Count("*"))
        return dict(rows.order_by("-n", column))

    def collected(self) -> Self:
        """In the newest version: entered at some time and not withdrawn."""
        return self.filter(in_from__isnull=False, in_until=None)

    def for_table(self) -> Self:
        return self.select_related("case", "review__by").order_by("-pk")


class Sample(Salted):
    """The training example that an approving review yields, with the gate's verdict."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="samples")
    review = models.OneToOneField(
        Review, on_delete=models.PROTECT, related_name="sample"
    )
    instruction = models.TextField()
    input = models.TextField()
    output = models.TextField()
    facts = models.JSONField()
    decision = models.CharField(max_length=200, db_index=True)
    facts_sha256 = models.CharField(max_length=64)
    held_out = models.BooleanField(
        help_text=_("Kept for evaluation; never trained on. Fixed per case.")
    )
    source = models.CharField(
        max_length=10,
        choices=ReviewSource,
        db_default="",
        help_text=_("The way of the review that yielded it."),
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text=_("Who gave the review that yielded it."),
    )
    gate_status = models.CharField(max_length=12, choices=GateStatus)
    gate_checks = models.JSONField(default=list)
    in_from = models.ForeignKey(
        DatasetVersion,
        to_field="number",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # sample_collected begins with it
        related_name="entered",
        db_column="in_from",
    )
    in_until = models.ForeignKey(
        DatasetVersion,
        to_field="number",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # almost all are empty: sample_left has the others
        related_name="left",
        db_column="in_until",
    )
    created_at = models.DateTimeField(db_default=DatabaseNow())
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = SampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        indexes = [
            models.Index(
                # Counting what a version contains reads this index alone.
                fields=[
                    "in_from",
                    "in_until",
                    "decision",
                    "held_out",
                    "source",
                    "reviewer",
                ],
                name="sample_collected",
            ),
            models.Index(
                fields=["created_at", "in_from", "in_until", "source"],
                name="sample_newest",
            ),
            models.Index(
                fields=["in_until"],
                name="sample_left",
                condition=Q(in_until__isnull=False),
            ),
            models.Index(
                fields=["facts_sha256", "decision"],
                name="sample_same_facts",
                condition=Q(withdrawn_at=None, gate_status=GateStatus.CANDIDATE),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="sample_one_live_per_case",
                fields=["case"],
                condition=Q(withdrawn_at=None, gate_status=GateStatus.CANDIDATE),
            ),
            models.CheckConstraint(
                name="sample_only_candidates_enter_a_dataset",
                condition=Q(in_from=None) | Q(gate_status=GateStatus.CANDIDATE),
            ),
            models.CheckConstraint(
                name="sample_leaves_after_it_entered",
                condition=Q(in_until=None) | Q(in_until__gte=models.F("in_from")),
            ),
            models.CheckConstraint(
                name="sample_left_iff_withdrawn",
                condition=Q(in_until=None) | Q(withdrawn_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.decision}"
