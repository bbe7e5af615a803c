"""The service log, narrowed to what is looked for. Of this machine, newest first."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from preciso import service_log

LEVELS: dict[str, tuple[str | Promise, str]] = {  # words, tone
    "CRITICAL": (pgettext_lazy("level", "Critical"), "bad"),
    "ERROR": (pgettext_lazy("level", "Error"), "bad"),
    "WARNING": (pgettext_lazy("level", "Warning"), "warn"),
}
PROCESSES: dict[str, str | Promise] = {
    "web": _("Web"),
    "worker": _("Worker"),
    "command": _("Command line"),
}


@dataclass(frozen=True)
class LineFilter:
    """What the lines are narrowed to; empty means all. Days are whole local days."""

    level: str = ""
    process: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    request: str = ""

    def takes(self, told: dict[str, Any], day: date) -> bool:
        words = f"{told['message']} {told['logger']} {told['failure']}".lower()
        return (
            self.level in ("", told["level"])
            and self.process in ("", told["process"])
            and self.request in ("", told["request"])
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
            and self.text.lower() in words
        )


@dataclass(frozen=True)
class Line:
    """One warning or error: when, in which process, what."""

    at: datetime
    told: dict[str, Any]

    @property
    def level(self) -> str | Promise:
        code = str(self.told["level"])
        return LEVELS.get(code, (code, ""))[0]

    @property
    def tone(self) -> str:
        return LEVELS.get(str(self.told["level"]), ("", ""))[1]

    @property
    def process(self) -> str | Promise:
        name = str(self.told["process"])
        return PROCESSES.get(name, name)


def lines(wish: LineFilter) -> list[Line]:
    """As many as are kept: what was logged before is in the log files alone."""
    found = []
    for told in service_log.newest_first():
        at = datetime.fromisoformat(told["at"])
        if wish.takes(told, timezone.localdate(at)):
            found.append(Line(at, told))
    return found
