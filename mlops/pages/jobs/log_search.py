"""A log that is searched, or opened at one of its lines."""

from collections.abc import Iterable
from dataclasses import dataclass

from training.models import JobLogLine, PipelineJob

MATCHES = 100  # shown; more are counted up to COUNTED
COUNTED = 1000
AROUND_MATCH, AROUND_LINE = 1, 100


@dataclass(frozen=True)
class Row:
    """One line; ``hit`` is the first place that matches, with what is around it."""

    line: JobLogLine
    before: str
    hit: str
    after: str
    follows_gap: bool


@dataclass(frozen=True)
class Found:
    """What a log is narrowed to: the lines that match, or those around one line."""

    query: str
    rows: list[Row]
    count: int = 0
    is_more: bool = False
    at_line: int | None = None

    @property
    def shown(self) -> int:
        return min(self.count, MATCHES)


def looked_for(job: PipelineJob, query: str, line: str) -> Found | None:
    """None where nothing is looked for: the log is shown live."""
    if query.strip():
        return matching(job, query.strip()[:200])
    if line.isdecimal() and len(line) < 16:
        return around(job, int(line))
    return None


def matching(job: PipelineJob, query: str) -> Found:
    """The first lines that contain the words, each between its neighbours."""
    hits = job.log_lines.filter(text__icontains=query).order_by("seq")
    found = list(hits.values_list("seq", flat=True)[: COUNTED + 1])
    near = {
        seq + step
        for seq in found[:MATCHES]
        for step in range(-AROUND_MATCH, AROUND_MATCH + 1)
    }
    lines = job.log_lines.filter(seq__in=near).order_by("seq")
    return Found(
        query=query,
        rows=_rows(lines, query),
        count=min(len(found), COUNTED),
        is_more=len(found) > COUNTED,
    )


def around(job: PipelineJob, seq: int) -> Found:
    lines = job.log_lines.filter(
        seq__gte=seq - AROUND_LINE, seq__lte=seq + AROUND_LINE
    ).order_by("seq")
    return Found(query="", rows=_rows(lines, ""), at_line=seq)


def _rows(lines: Iterable[JobLogLine], query: str) -> list[Row]:
    rows: list[Row] = []
    for line in lines:
        at = line.text.lower().find(query.lower()) if query else -1
        end = at + len(query)
        parts = (line.text, "", "")
        if at >= 0:
            parts = (line.text[:at], line.text[at:end], line.text[end:])
        gap = bool(rows) and rows[-1].line.seq + 1 < line.seq
        rows.append(Row(line, *parts, follows_gap=gap))
    return rows
