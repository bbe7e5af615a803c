"""The page of a recorded answer: the version that gave it, and its origin."""

from typing import Any

from mlops.models import ModelVersion, Prediction
from mlops.pages.models.case_provenance import version_origin
from mlops.provenance.origin import period_of
from training.models import Case


def answer_page(answer: Prediction) -> dict[str, Any]:
    """``is_hidden``: the page must not show the answer, since its case is still to be
    decided without seeing one."""
    version = ModelVersion.objects.for_table().get(pk=answer.model_version_id)
    case = Case.objects.filter(external_id=answer.external_id).first()
    return {
        "answer": answer,
        "case": case,
        "is_hidden": case is not None and case.hides_recommendation,
        "period": period_of(answer),
        "behind": version_origin(version),
    }
