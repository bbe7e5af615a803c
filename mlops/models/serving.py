"""What served when, put there by whom, and what it answered."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _

from mlops.choices import PeriodKind
from mlops.models.registry import ModelVersion
from preciso.clock import DatabaseNow
from training.models.salted import Salted


class ServingPeriodQuerySet(models.QuerySet["ServingPeriod"]):
    def open(self) -> Self:
        return self.filter(until=None)

    def with_version(self) -> Self:
        """Without those in which people decided."""
        return self.filter(model_version__isnull=False)

    def at(self, moment: datetime) -> Self:
        """Half-open: a period contains its start and not its end."""
        return self.filter(since__lte=moment).filter(
            Q(until=None) | Q(until__gt=moment)
        )

    def for_table(self) -> Self:
        together = self.select_related(
            "model_version", "by", "rehearsal", "promotiondecision__champion"
        )
        return (
            together.with_comparison()
            .defer("rehearsal__rows", "promotiondecision__champion__evaluation")
            .order_by("-since")
        )

    def with_comparison(self) -> Self:
        """Each with ``comparison``: how its version compared, None where it did not.

        It is a small part of the version's evaluation, which is left in the database.
        """
        comparison = KeyTransform("comparison", "model_version__evaluation")
        return self.annotate(comparison=comparison).defer("model_version__evaluation")


class ServingPeriod(models.Model):
    """Version v served from ``since`` to ``until``, put there by X because Y.

    In a ``stopped`` period none did: people decided. ``drill``: that was done to see
    whether it can be.

    The periods form a chain without gaps: each ``follows`` exactly one other, and ends
    where the next starts. ``below`` is what a rollback goes back to: periods are a
    stack of selects, on which a rollback stands where its target stood.
    """

    # Of an automatic promotion, where the queryset was asked ``with_comparison``.
    comparison: dict[str, Any] | None = None

    model_version = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="periods",
    )
    since = models.DateTimeField(unique=True)
    until = models.DateTimeField(null=True, blank=True, unique=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=20, choices=PeriodKind)
    drill = models.BooleanField(default=False, db_default=False)
    follows = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
    )
    below = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rehearsal = models.ForeignKey(
        "mlops.Rehearsal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("What was known of the switch beforehand, if it was rehearsed."),
    )

    objects = ServingPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("serving period")
        verbose_name_plural = _("serving periods")
        permissions = [
            ("select_version", _("Can select the serving version")),
            ("roll_back", _("Can roll back the serving version")),
            ("release_hold", _("Can release the promotion hold")),
            ("stop_serving", _("Can stop serving, so that people decide")),
            ("start_serving", _("Can start serving again")),
            ("name_fallback", _("Can name the fallback version")),
            (
                "put_periods_right",
                _("Can put right serving periods that begin in the future"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                ExpressionWrapper(
                    Q(until__isnull=True), output_field=models.BooleanField()
                ),
                name="servingperiod_exactly_one_open",
                condition=Q(until=None),
            ),
            models.CheckConstraint(
                name="servingperiod_ends_after_it_starts",
                condition=Q(until=None) | Q(until__gt=F("since")),
            ),
            models.CheckConstraint(
                name="servingperiod_stopped_has_no_version",
                condition=Q(kind=PeriodKind.STOPPED, model_version=None)
                | Q(~Q(kind=PeriodKind.STOPPED), model_version__isnull=False),
            ),
            models.CheckConstraint(
                name="servingperiod_a_drill_is_a_stop",
                condition=Q(drill=False) | Q(kind=PeriodKind.STOPPED),
            ),
            models.CheckConstraint(
                name="servingperiod_kind_is_known",
                condition=Q(kind__in=PeriodKind.values),
            ),
        ]

    def __str__(self) -> str:
        served = self.model_version or "nothing"
        return f"{served} since {self.since:%Y-%m-%d %H:%M:%S}"

    @property
    def is_open(self) -> bool:
        return self.until is None

    @property
    def is_stopped(self) -> bool:
        """People decide: no version serves in it."""
        return self.kind == PeriodKind.STOPPED

    def switched(self) -> "list[ServingPeriod]":
        """What the switch to it wrote: itself, and the end of the one before."""
        return [self, self.follows] if self.follows else [self]


class ServingState(models.Model):
    """One row: the promotion hold, the fallback, and the lock that orders every switch.

    ``fallback`` is the version to switch to in an emergency, named beforehand.
    """

    hold_since = models.DateTimeField(null=True, blank=True)
    hold_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    hold_reason = models.TextField(blank=True, default="")
    fallback = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fallback_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    fallback_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("serving state")
        verbose_name_plural = _("serving state")
        constraints = [
            models.CheckConstraint(name="servingstate_one_row", condition=Q(pk=1))
        ]

    def __str__(self) -> str:
        return str(_("On hold") if self.on_hold else _("Not on hold"))

    @property
    def on_hold(self) -> bool:
        return self.hold_since is not None


class Prediction(Salted):
    """One recorded answer, and the version that gave it. Triggers refuse changes."""

    external_id = models.CharField(max_length=200, db_index=True)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions"
    )
    decision = models.CharField(max_length=200)
    confidence = models.FloatField()
    rationale = models.TextField(blank=True, default="")
    explanation = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text=_("The rationale as a code and parameters, where a model gave it."),
    )
    facts_sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=DatabaseNow())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("prediction")
        verbose_name_plural = _("predictions")

    def __str__(self) -> str:
        return f"{self.external_id}: {self.decision}"
