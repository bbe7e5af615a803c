"""What one dataset version contains and another does not.

Reads only; writes nothing.
"""

from dataclasses import dataclass

from django.db.models import Case as Choice
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from training.errors import InvalidInput
from training.models import DatasetVersion, Sample
from training.models.datasets import SampleQuerySet, in_one_only

ADDED, WITHDRAWN, CHANGED = PARTS = ("added", "withdrawn", "changed")


@dataclass(frozen=True)
class DatasetDifference:
    """``version`` seen from ``other``, which may be an earlier or a later one.

    ``added`` samples are in ``version`` alone, ``withdrawn`` ones in ``other`` alone.
    ``changed`` are those added ones whose case ``other`` has with another decision.
    """

    version: DatasetVersion
    other: DatasetVersion
    added: int
    withdrawn: int
    changed: int

    def rows(self, part: str = "") -> SampleQuerySet:
        """The samples behind a figure, or all that differ; newest first.

        Each has ``change`` (``added`` or ``withdrawn``) and ``other_decision``: what
        the other side says about its case, or None. Raises InvalidInput.
        """
        if part and part not in PARTS:
            raise InvalidInput(
                _("There is no part %(name)s; there are: %(known)s.")
                % {"name": part, "known": ", ".join(PARTS)}
            )
        return _rows(self.version.number, self.other.number, part).for_table()


def compare(version: DatasetVersion, other: DatasetVersion) -> DatasetDifference:
    """How the two differ; equal versions differ in nothing."""
    one, two = version.number, other.number
    return DatasetDifference(
        version,
        other,
        added=Sample.objects.in_one_only(one, two).count(),
        withdrawn=Sample.objects.in_one_only(two, one).count(),
        changed=_changed(one, two).count(),
    )


def _rows(one: int, two: int, part: str) -> SampleQuerySet:
    if part == CHANGED:
        return _changed(one, two).annotate(change=Value(ADDED))
    here, there = in_one_only(one, two), in_one_only(two, one)
    differing = {ADDED: here, WITHDRAWN: there}.get(part, here | there)
    return Sample.objects.filter(differing).annotate(
        change=Choice(When(here, then=Value(ADDED)), default=Value(WITHDRAWN)),
        other_decision=_decision_of_the_same_case(here | there),
    )


def _changed(one: int, two: int) -> SampleQuerySet:
    there = Sample.objects.in_one_only(two, one)
    # By case first: few cases are in both, and only these are looked up.
    return (
        Sample.objects.in_one_only(one, two)
        .filter(case__in=_cases(there))
        .annotate(other_decision=_decision_of_the_same_case(in_one_only(two, one)))
        .exclude(other_decision=F("decision"))
    )


def _cases(samples: SampleQuerySet) -> QuerySet[Sample, int]:
    return samples.values_list("case", flat=True)


def _decision_of_the_same_case(among: Q) -> Subquery:
    """No version contains two samples of a case, so there is at most one other."""
    others = Sample.objects.filter(among, case=OuterRef("case")).exclude(
        pk=OuterRef("pk")
    )
    return Subquery(others.values("decision")[:1])
