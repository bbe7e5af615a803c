"""How often reviewers agreed with what a model recommended."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from mlops.models import ModelVersion
from training.choices import ReviewAction, ReviewSource
from training.models import Case, Review


@dataclass(frozen=True)
class Agreement:
    """Of ``reviewed`` cases with a model's recommendation, ``agreed`` kept it.

    ``commonest_rate``: what always answering the commonest decision would have scored.
    """

    reviewed: int
    agreed: int
    commonest: int

    @property
    def rate(self) -> float | None:
        return self.agreed / self.reviewed if self.reviewed else None

    @property
    def commonest_rate(self) -> float | None:
        return self.commonest / self.reviewed if self.reviewed else None


def agreement(version: ModelVersion | None = None) -> Agreement:
    """Over the cases that a person decided seeing the recommendation of ``version``
    (of any version, where none is named). Imported decisions of the past do not count.
    """
    by_a_person = Review.objects.filter(
        case=OuterRef("pk"), action=ReviewAction.APPROVE
    ).exclude(source=ReviewSource.REPLAY)
    cases = Case.objects.approved().recommended_by_a_model()
    if version is not None:
        cases = cases.filter(recommender_id=version.pk)
    counts = list(
        cases.filter(Exists(by_a_person))
        .values("decision")
        .annotate(
            n=Count("pk"),
            agreed=Count("pk", filter=Q(decision=F("recommended_decision"))),
        )
        .order_by()
    )
    return Agreement(
        reviewed=sum(row["n"] for row in counts),
        agreed=sum(row["agreed"] for row in counts),
        commonest=max((row["n"] for row in counts), default=0),
    )
