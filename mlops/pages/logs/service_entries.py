"""The service log, narrowed to what is looked for. Of this machine, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from preciso import service_log
from preciso.filters import DayField

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


class LineFilters(forms.Form):
    """How bad, from which process, when, with which words. Days are whole local days.

    A value that cannot be read filters nothing; its field says so.
    """

    level = forms.ChoiceField(
        label=_("Level"),
        required=False,
        choices=[
            ("", _("All")),
            *[(code, words) for code, (words, _tone) in LEVELS.items()],
        ],
    )
    process = forms.ChoiceField(
        label=_("Process"), required=False, choices=[("", _("All")), *PROCESSES.items()]
    )
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)
    text = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    request = forms.SlugField(
        required=False, max_length=32, widget=forms.HiddenInput(), label=_("One click")
    )

    def lines(self) -> list["ServiceLogLine"]:
        """As many as are kept: what was logged before is in the log files alone."""
        self.is_valid()
        lines = (
            ServiceLogLine(datetime.fromisoformat(record["at"]), record)
            for record in service_log.newest_first()
        )
        return [line for line in lines if self._matches(line)]

    def _matches(self, line: "ServiceLogLine") -> bool:
        values, record = self.cleaned_data, line.record
        day = timezone.localdate(line.at)
        since, until = values.get("since"), values.get("until")
        words = f"{record['message']} {record['logger']} {record['failure']}".lower()
        return (
            all(
                values.get(name, "") in ("", record[name])
                for name in ("level", "process", "request")
            )
            and (since is None or since <= day)
            and (until is None or day <= until)
            and values.get("text", "").lower() in words
        )


@dataclass(frozen=True)
class ServiceLogLine:
    """One warning or error: when, in which process, what."""

    at: datetime
    record: dict[str, Any]

    @property
    def level(self) -> str | Promise:
        code = str(self.record["level"])
        return LEVELS.get(code, (code, ""))[0]

    @property
    def tone(self) -> str:
        return LEVELS.get(str(self.record["level"]), ("", ""))[1]

    @property
    def process(self) -> str | Promise:
        name = str(self.record["process"])
        return PROCESSES.get(name, name)
