"""What every page needs: navigation, icons, times and figures in people's words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.template import Context, Library
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.pages.shared.chart_axis import short_number
from mlops.pages.shared.model_versions import MEASURES
from mlops.pages.shared.navigation_counts import waiting_counts
from mlops.policy_text import ROLES
from training.models import PipelineJob
from training.models.accounts import name_of
from training.progress import note_of
from training.reasons import reason_for

register = Library()

ABSENT = "\N{EN DASH}"
PLURAL = {"case": "approvals", "job": "jobs", "model": "models"}
SMALL, LARGE = 1e-3, 1e15  # beyond these four decimals say nothing, or grouping much
RELATIVE_FOR = timedelta(days=7)
WHERE = {
    "eval": gettext_lazy("held-out cases"),
    "cv": gettext_lazy("cross-validated"),
    "baseline": gettext_lazy("always the commonest"),
    "commonest": gettext_lazy("always the commonest"),
    "train": gettext_lazy("cases learnt from"),
}
COURSES = {  # what the built-in trainer reports while it chooses
    "log_loss_linear": gettext_lazy("Log loss of linear models"),
    "log_loss_trees": gettext_lazy("Log loss of trees"),
}
TONES = {
    "completed": "good",
    "approved": "good",
    "sealed": "good",
    "candidate": "good",
    "on": "good",
    "processing": "busy",
    "running": "busy",
    "sealing": "busy",
    "open": "busy",
    "pending": "warn",
    "queued": "warn",
    "retrying": "warn",
    "awaiting_review": "warn",
    "needs_review": "warn",
    "changes_requested": "warn",
    "failed": "bad",
    "dead_letter": "bad",
    "rejected": "bad",
    "serving": "serving",
}


@dataclass(frozen=True)
class Section:
    """One entry of the navigation, and the right it takes to open it."""

    name: str
    label: str | Promise
    icon: str
    perm: str
    counted: str = ""

    @property
    def url(self) -> str:
        return reverse(f"mlops:{self.name}")

    @property
    def counted_url(self) -> str:
        """The rows that the number beside it counts."""
        return self.url + self.counted


WORK = [
    Section("overview", gettext_lazy("Overview"), "overview", "training.view_case"),
    Section("approvals", gettext_lazy("Approvals"), "approvals", "training.view_case"),
    Section(
        "training", gettext_lazy("Training"), "training", "training.view_trainingrun"
    ),
    Section(
        "jobs",
        gettext_lazy("Jobs"),
        "jobs",
        "training.view_pipelinejob",
        counted="?status=active",
    ),
    Section("models", gettext_lazy("Models"), "models", "mlops.view_modelversion"),
]
OVERSIGHT = [
    Section("ops", gettext_lazy("Ops console"), "ops", "training.view_pipelinejob"),
    Section("logs", gettext_lazy("Logs"), "logs", "training.view_auditevent"),
    Section(
        "settings", gettext_lazy("Settings"), "settings", "training.view_trainingpolicy"
    ),
    Section("setup", gettext_lazy("Setup"), "setup", "training.view_pipelinejob"),
]


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> dict[str, Any]:
    """The sections this person may open, what waits in each, and which one is open."""
    user = context.get("user") or AnonymousUser()
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    here = (match.url_name or "").split("-")[0] if match else ""
    return {
        "here": PLURAL.get(here, here),
        "work": [s for s in WORK if user.has_perm(s.perm)],
        "oversight": [s for s in OVERSIGHT if user.has_perm(s.perm)],
        "counts": waiting_counts() if user.is_authenticated else {},
    }


@register.filter
def of(mapping: dict[str, Any], key: str) -> Any:
    """``counts|of:"jobs"``: a key that is only known in the loop."""
    return mapping.get(str(key), "")


@register.filter
def with_heads(row: Sequence[Any], heads: Sequence[Any]) -> list[tuple[Any, Any]]:
    """``marks|with_heads:roles``: each cell with the head of its column."""
    return list(zip(row, heads, strict=True))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Decoration: the words beside it say the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("preciso/icons.svg"),
        name,
    )


@register.filter
def tone(status: object) -> str:
    """The colour of a status; a word always stands beside the colour."""
    return TONES.get(str(status), "")


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """Relative for a week, then the date; always exact on hover."""
    if moment is None:
        return ABSENT
    local = timezone.localtime(moment)
    exact = date_format(local, "Y-m-d H:i:s e")
    recent = abs(timezone.now() - moment) < RELATIVE_FOR
    text = naturaltime(moment) if recent else date_format(local, "SHORT_DATE_FORMAT")
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        local.isoformat(),
        exact,
        SafeString(" data-relative") if recent else "",
        text,
    )


@register.filter
def span(start: datetime | None, end: datetime | None = None) -> str:
    """How long from ``start`` to ``end``, or until now: ``4 s``, ``3 min 5 s``."""
    if start is None:
        return ABSENT
    seconds = max(0, int(((end or timezone.now()) - start).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {
            "minutes": minutes,
            "seconds": seconds,
        }
    return _("%(seconds)d s") % {"seconds": seconds}


@register.filter
def percent(share: float | str | None, digits: int = 0) -> str:
    """``0.873`` as ``87 %``; nothing known is a dash, never a zero."""
    if share is None or share == "":
        return ABSENT
    # number_format alone cuts digits off: 22.99 would be 22.
    text = number_format(round(float(share) * 100, digits), digits)
    return _("%(share)s %%") % {"share": text}


@register.filter
def figure(value: object) -> str:
    """A measure as people read it, rounded; text as it stands; absent as a dash."""
    return _value_in_words(value, _rounded)


@register.filter
def exact(value: object) -> str:
    """A fact as it came, every digit kept: nobody decides on a rounded one."""
    return _value_in_words(value, lambda number: _grouped(Decimal(repr(number))))


def _value_in_words(value: object, number: Callable[[float], str]) -> str:
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return _grouped(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(_value_in_words(item, number) for item in value)
    if isinstance(value, dict):
        return ", ".join(
            f"{key}: {_value_in_words(item, number)}" for key, item in value.items()
        )
    return str(value)


def _grouped(number: int | Decimal) -> str:
    return str(number_format(number, force_grouping=True))


def _rounded(value: float) -> str:
    if 0 < abs(value) < SMALL or LARGE <= abs(value) < inf:
        return short_number(value)
    if value.is_integer():
        return _grouped(int(value))
    digits = 0 if abs(value) >= 10_000 else 2 if abs(value) >= 10 else 4
    text = number_format(round(value, digits), digits, force_grouping=True)
    return text if abs(value) >= 10_000 else text.rstrip("0").rstrip(".,")


@register.filter
def reason_sentence(code: str) -> str:
    return str(reason_for(code).sentence)


@register.filter
def progress_note(job: PipelineJob) -> str:
    """What a job does now, in the reader's language."""
    return note_of(job.progress_note, job.progress_step)


@register.filter
def metric_name(name: str) -> str:
    """A trainer's name of a figure in words: ``eval_log_loss`` says what and where."""
    places = []
    prefix, _sep, rest = name.partition("_")
    while prefix in WHERE and rest:
        places.append(str(WHERE[prefix]))
        name = rest
        prefix, _sep, rest = name.partition("_")
    known = MEASURES[name].label if name in MEASURES else COURSES.get(name)
    return ", ".join([str(known or name.replace("_", " ").capitalize()), *places])


@register.filter
def who(person: AbstractUser | None) -> str:
    """A person by name; nobody means the system did it."""
    if person is None:
        return _("the system")
    return name_of(person)


@register.filter
def role(name: str) -> str:
    """A role by the name people know it under."""
    return str(ROLES.get(name, name))


@register.filter
def initials(name: str) -> str:
    return "".join(part[0] for part in str(name).replace(".", " ").split()[:2]).upper()
