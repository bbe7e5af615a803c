"""An excerpt of a log: the lines that contain some words, or those around one line."""

from collections.abc import Iterable
from dataclasses import dataclass

from training.models import JobLogLine, PipelineJob

MATCHES = 100  # listed; more are counted up to COUNTED
COUNTED = 1000
AROUND_MATCH, AROUND_LINE = 1, 100


@dataclass(frozen=True)
class LogRow:
    """One line; ``hit`` is the first place that matches, with the text around it."""

    line: JobLogLine
    before: str
    hit: str
    after: str
    follows_gap: bool


@dataclass(frozen=True)
class LogExcerpt:
    """The rows, and how many lines match: ``count``, or more if ``is_more``."""

    query: str
    rows: list[LogRow]
    count: int = 0
    is_more: bool = False
    at_line: int | None = None

    @property
    def visible(self) -> int:
        return min(self.count, MATCHES)


def excerpt(job: PipelineJob, query: str, line: str) -> LogExcerpt | None:
    """None where neither words nor a line is asked for: the log is shown live."""
    if query.strip():
        return lines_with(job, query.strip()[:200])
    if line.isdecimal() and len(line) < 16:
        return lines_around(job, int(line))
    return None


def lines_with(job: PipelineJob, query: str) -> LogExcerpt:
    """The first lines that contain the words, each between its neighbours."""
    matches = job.log_lines.filter(text__icontains=query).order_by("seq")
    places = list(matches.values_list("seq", flat=True)[: COUNTED + 1])
    near = {
        seq + step
        for seq in places[:MATCHES]
        for step in range(-AROUND_MATCH, AROUND_MATCH + 1)
    }
    lines = job.log_lines.filter(seq__in=near).order_by("seq")
    return LogExcerpt(
        query=query,
        rows=_rows(lines, query),
        count=min(len(places), COUNTED),
        is_more=len(places) > COUNTED,
    )


def lines_around(job: PipelineJob, seq: int) -> LogExcerpt:
    """The line with this ``seq`` and the ``AROUND_LINE`` lines on both sides."""
    lines = job.log_lines.filter(
        seq__gte=seq - AROUND_LINE, seq__lte=seq + AROUND_LINE
    ).order_by("seq")
    return LogExcerpt(query="", rows=_rows(lines, ""), at_line=seq)


def _rows(lines: Iterable[JobLogLine], query: str) -> list[LogRow]:
    rows: list[LogRow] = []
    for line in lines:
        start = line.text.lower().find(query.lower()) if query else -1
        end = start + len(query)
        parts = (line.text, "", "")
        if start >= 0:
            parts = (line.text[:start], line.text[start:end], line.text[end:])
        gap = bool(rows) and rows[-1].line.seq + 1 < line.seq
        rows.append(LogRow(line, *parts, follows_gap=gap))
    return rows
