"""The held-out cases that two versions answered differently."""

from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from mlops.models.registry import ModelVersion
from training.choices import GateStatus
from training.models import Sample


class DifferingAnswerQuerySet(models.QuerySet["DifferingAnswer"]):
    def candidate_right(self) -> Self:
        return self.filter(candidate=F("sample__decision"))

    def candidate_wrong(self) -> Self:
        return self.exclude(candidate=F("sample__decision"))

    def for_table(self) -> Self:
        """With ``decided_since``: what people decided on the case after they had
        withdrawn the decision it was measured by; None if nothing."""
        since = Sample.objects.filter(
            case=OuterRef("sample__case"),
            pk__gt=OuterRef("sample"),
            withdrawn_at=None,
            gate_status=GateStatus.CANDIDATE,
        )
        return (
            self.select_related("sample__case", "sample__review__by")
            .annotate(decided_since=Subquery(since.values("decision")[:1]))
            .order_by("-pk")
        )


class DifferingAnswer(models.Model):
    """A case on which a new version and the one that served then gave two answers.

    Written when the version is registered; append-only. Of very many, the newest.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="differing_answers"
    )
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="+")
    candidate = models.CharField(max_length=200)
    champion = models.CharField(max_length=200)

    objects = DifferingAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("differing answer")
        verbose_name_plural = _("differing answers")
        default_permissions = ()  # read with its version, written by the system
        constraints = [
            models.UniqueConstraint(
                name="differinganswer_one_per_case", fields=["model_version", "sample"]
            ),
            models.CheckConstraint(
                name="differinganswer_differs",
                condition=~models.Q(candidate=F("champion")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample}: {self.candidate} / {self.champion}"

    @property
    def candidate_is_right(self) -> bool:
        return self.candidate == self.sample.decision

    @property
    def champion_is_right(self) -> bool:
        return self.champion == self.sample.decision
