"""Pipeline jobs over HTTP: state, log, history, cancel, retry."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from preciso import limits
from preciso.api import ApiRequest, documented
from preciso.api_fields import Bool, NoBody, Text, Whole, row_or_404
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
    ended = Bool()


class JobList(ListAPIView):
    """All pipeline jobs, newest first."""

    required_perms = VIEW
    serializer_class = JobOut
    filterset_class = JobFilters
    queryset = PipelineJob.objects.for_table()


class JobDetail(APIView):
    required_perms = VIEW

    @documented(responses=JobOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        return Response(JobOut(row_or_404(PipelineJob.objects.for_table(), id)).data)


class JobLog(APIView):
    required_perms = VIEW

    @documented(parameters=[LogQuery], responses=LogOut)
    def get(self, request: ApiRequest, id: str) -> Response:
        """The lines after `after`: ask again with `next_after` until `ended`."""
        query = LogQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        after, limit = query.validated_data["after"], query.validated_data["limit"]
        # The job is read before its lines: a job that has ended writes no more of them.
        job = row_or_404(PipelineJob.objects.all(), id)
        rows = JobLogLine.objects.filter(job=job, seq__gt=after).order_by("seq")
        # One line more than the limit shows whether these are the last ones.
        stored = list(rows.values("seq", "attempt", "text")[: limit + 1])
        lines: list[Any] = []
        size = 0
        for line in stored[:limit]:
            size += len(line["text"])
            if lines and size > limits.PAGE:  # a single line may be longer than a page
                break
            lines.append(line)
        page = {
            "lines": lines,
            "next_after": lines[-1]["seq"] if lines else after,
            "ended": job.is_ended and len(lines) == len(stored),
        }
        return Response(page)


class JobEventList(ListAPIView):
    """The history of a job, newest first: each move, by whom and why."""

    required_perms = VIEW
    serializer_class = JobEventOut
    queryset = JobEvent.objects.select_related("actor")

    def get_queryset(self) -> QuerySet[JobEvent]:
        job = row_or_404(PipelineJob.objects.all(), self.kwargs["id"])
        return super().get_queryset().filter(job=job)


class CancelJob(APIView):
    required_perms = {"POST": ["training.cancel_pipelinejob"]}

    @documented(request=NoBody, responses=JobOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Stop a job that waits or runs."""
        NoBody.read(request)
        job = row_or_404(PipelineJob.objects.for_table(), id)
        return Response(JobOut(cancel_job(job, by=request.user)).data)


class RetryJob(APIView):
    required_perms = {"POST": ["training.retry_pipelinejob"]}

    @documented(request=NoBody, responses=JobOut)
    def post(self, request: ApiRequest, id: str) -> Response:
        """Try a failed, given-up or canceled job once more: same id, next attempt."""
        NoBody.read(request)
        job = row_or_404(PipelineJob.objects.for_table(), id)
        return Response(JobOut(retry_job(job, by=request.user)).data)
