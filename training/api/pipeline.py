"""Pipeline jobs over HTTP: state, log, history, cancel, retry."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Flag, NoBody, Text, Whole, found
from preciso.api_views import APIView, ListAPIView
from training.api.serializers import JobEventOut, JobOut
from training.filters.jobs import JobFilters
from training.models import JobEvent, JobLogLine, PipelineJob
from training.services.runs.job_actions import cancel_job, retry_job

VIEW = {"GET": ["training.view_pipelinejob"]}
LINES, MOST_LINES = 500, 5000
LARGEST_SEQ = 2**63 - 1


class LogQuery(serializers.Serializer):
    after = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=LARGEST_SEQ,
        help_text="`next_after` of the answer before.",
    )
    limit = serializers.IntegerField(
        required=False, default=LINES, min_value=1, max_value=MOST_LINES
    )


class LogLineOut(serializers.Serializer):
    seq = Whole()
    attempt = Whole()
    text = Text()


class LogOut(serializers.Serializer):
    """`ended`: the job has ended and these lines are the last."""

    lines = LogLineOut(many=True)
    next_after = Whole()
    ended = Flag()


class Jobs(ListAPIView):
    """All pipeline jobs, newest first."""

    required_perms = VIEW
    serializer_class = JobOut
    filterset_class = JobFilters
    queryset = PipelineJob.objects.for_table()


class OneJob(APIView):
    required_perms = VIEW

    @documented(responses=JobOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        return Response(JobOut(found(PipelineJob.objects.for_table(), id)).data)


class Log(APIView):
    required_perms = VIEW

    @documented(parameters=[LogQuery], responses=LogOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """The lines after `after`: ask again with `next_after` until `ended`."""
        query = LogQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        # The job is read before its lines: what had ended then writes no more of them.
        job = found(PipelineJob.objects.all(), id)
        return Response(_page_of_log(job, **query.validated_data))


class Events(ListAPIView):
    """The history of a job, newest first: each move, by whom and why."""

    required_perms = VIEW
    serializer_class = JobEventOut
    queryset = JobEvent.objects.select_related("actor")

    def get_queryset(self) -> QuerySet[JobEvent]:
        job = found(PipelineJob.objects.all(), self.kwargs["id"])
        return super().get_queryset().filter(job=job)


class Cancel(APIView):
    required_perms = {"POST": ["training.cancel_pipelinejob"]}

    @documented(request=NoBody, responses=JobOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Stop a job that waits or runs."""
        NoBody.read(request)
        job = found(PipelineJob.objects.for_table(), id)
        return Response(JobOut(cancel_job(job, by=request.user)).data)


class Retry(APIView):
    required_perms = {"POST": ["training.retry_pipelinejob"]}

    @documented(request=NoBody, responses=JobOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Try a failed, given-up or canceled job once more: same id, next attempt."""
        NoBody.read(request)
        job = found(PipelineJob.objects.for_table(), id)
        return Response(JobOut(retry_job(job, by=request.user)).data)


def _page_of_log(job: PipelineJob, *, after: int, limit: int) -> dict[str, Any]:
    rows = JobLogLine.objects.filter(job=job, seq__gt=after).order_by("seq")
    lines = list(rows.values("seq", "attempt", "text")[: limit + 1])
    shown = _fitting(lines[:limit])
    return {
        "lines": shown,
        "next_after": shown[-1]["seq"] if shown else after,
        "ended": job.is_ended and len(lines) == len(shown),
    }


def _fitting(lines: Sequence[Any]) -> list[Any]:
    """Those from the first on that fit a page by their bytes, and at least one."""
    sizes = accumulate(len(line["text"]) for line in lines)
    return [
        line
        for place, (line, size) in enumerate(zip(lines, sizes, strict=True))
        if size <= limits.PAGE or not place
    ]
