"""Where the samples of a case went, over HTTP."""

from rest_framework import serializers
from rest_framework.response import Response

from mlops.provenance.impact import case_influences
from preciso.api import ApiRequest, documented
from preciso.api_fields import Bool, Id, Moment, Text, Whole, row_or_404
from preciso.api_views import APIView
from training.choices import RunStatus, TrainingScope
from training.models import Case


class ContainingVersionOut(serializers.Serializer):
    id = Id()
    number = Whole()
    name = Text()
    status = Text()
    sealed_at = Moment(allow_null=True)


class UsingRunOut(serializers.Serializer):
    id = Id()
    job_id = Id()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    scope = serializers.ChoiceField(choices=TrainingScope.choices)
    dataset_version_id = Id()


class ServedOut(serializers.Serializer):
    """Until null: it serves now."""

    since = Moment()
    until = Moment(allow_null=True)


class UsingModelOut(serializers.Serializer):
    id = Id(source="version.pk")
    name = Text(source="version.name")
    version = Whole(source="version.version")
    run_id = Id(source="version.run_id")
    serving = ServedOut(many=True)
    recommended = Whole(help_text="How many cases carry its recommendation.")


class SampleInfluenceOut(serializers.Serializer):
    """Where a sample went; if it is held out, models were only measured on it.

    Each list holds 100 at most: the first datasets, the newest runs, and of the
    versions what serves and the newest. The counts are of all.
    """

    id = Id(source="sample.pk")
    held_out = Bool(source="sample.held_out")
    withdrawn_at = Moment(source="sample.withdrawn_at", allow_null=True)
    dataset_versions = ContainingVersionOut(many=True)
    dataset_version_count = Whole()
    runs = UsingRunOut(many=True)
    run_count = Whole()
    model_versions = UsingModelOut(many=True)
    model_version_count = Whole()


class InfluenceOut(serializers.Serializer):
    samples = SampleInfluenceOut(many=True)


class CaseInfluence(APIView):
    required_perms = {
        "GET": [
            "training.view_case",
            "training.view_datasetversion",
            "training.view_trainingrun",
            "mlops.view_modelversion",
        ]
    }

    @documented(responses=InfluenceOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """Which sealed datasets, runs and models contain a case's samples, and when
        these models served."""
        case = row_or_404(Case.objects.all(), id)
        return Response(InfluenceOut({"samples": case_influences(case)}).data)
