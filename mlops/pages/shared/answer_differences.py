"""The cases that a version and the one that served then answered differently."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mlops.models import DifferingAnswer, ModelVersion
from mlops.models.evaluation import DifferingAnswerQuerySet

WRONG, RIGHT = "wrong", "right"


@dataclass(frozen=True)
class DifferencesTab:
    """A way to narrow the list, and how many cases are left."""

    key: str
    label: str
    count: int


def differing_answers(
    version: ModelVersion, answered: str = ""
) -> DifferingAnswerQuerySet:
    """``answered``: whether the version itself was right or wrong; empty: either."""
    answers = DifferingAnswer.objects.filter(model_version=version)
    if answered == WRONG:
        return answers.candidate_wrong()
    return answers.candidate_right() if answered == RIGHT else answers


@dataclass(frozen=True)
class DifferencesSummary:
    """How many cases are listed, and on how many of them the version is wrong."""

    url: str
    count: int
    wrong: int


def differences_summary(version: ModelVersion) -> DifferencesSummary:
    url = reverse("mlops:model-differences", args=[version.pk])
    return DifferencesSummary(
        url,
        differing_answers(version).count(),
        differing_answers(version, WRONG).count(),
    )


def differences_page(version: ModelVersion, answered: str) -> dict[str, Any]:
    """What stands around the list. ``other``: id, name and version of the one that
    served; ``differing``: on how many cases they differ, of so many ``cases``."""
    compared = (version.evaluation or {}).get("comparison") or {}
    mine = {"mine": version.version}
    return {
        "version": version,
        "other": compared.get("model_version"),
        "cases": compared.get("cases", 0),
        "differing": compared.get("disagreement", {}).get("cases", 0),
        "answered": answered if answered in (WRONG, RIGHT) else "",
        "tabs": [
            DifferencesTab("", _("All"), differing_answers(version).count()),
            DifferencesTab(
                WRONG,
                _("v%(mine)s is wrong") % mine,
                differing_answers(version, WRONG).count(),
            ),
            DifferencesTab(
                RIGHT,
                _("v%(mine)s is right") % mine,
                differing_answers(version, RIGHT).count(),
            ),
        ],
    }
