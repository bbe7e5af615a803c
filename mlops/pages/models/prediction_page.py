"""A recorded answer, and everything that is behind it."""

from typing import Any

from mlops.models import ModelVersion, Prediction
from mlops.pages.models.case_provenance import behind_version
from mlops.provenance.origin import period_of
from training.models import Case


def answer_page(answer: Prediction) -> dict[str, Any]:
    """What was answered is not told while its case is still to be decided blind."""
    version = ModelVersion.objects.for_table().get(pk=answer.model_version_id)
    case = Case.objects.filter(external_id=answer.external_id).first()
    return {
        "answer": answer,
        "case": case,
        "is_hidden": case is not None and case.hides_recommendation,
        "period": period_of(answer),
        "behind": behind_version(version),
    }
