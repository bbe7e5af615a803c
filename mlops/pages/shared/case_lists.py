"""Which cases the inbox shows: the filters that its links carry, so all agree."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from preciso.api_fields import as_id
from preciso.filters import SYSTEM, short
from training.choices import CaseStatus
from training.filters.cases import SECOND, STATUSES, WAITING, CaseFilters
from training.models import Case, Review
from training.models.accounts import name_of
from training.models.cases import CaseQuerySet

SURE: dict[str, str | Promise] = {
    "true": _("Sure enough"),
    "false": _("Unsure"),
}
OLD_SURE = {"yes": "true", "no": "false"}
LATELY = 1000  # cases whose recommendations the filter offers


class CaseListing:
    """The cases that an address of the inbox shows to somebody.

    Without a status these are the waiting ones. What cannot be understood filters
    nothing.
    """

    def __init__(self, reader: User, query: Mapping[str, str] | None = None) -> None:
        query = query or {}
        self.has_old_names = "by" in query or query.get("sure") in OLD_SURE
        values = _by_current_names(query)
        if values.get("status") not in dict(STATUSES):
            values["status"] = WAITING
        self.reader = reader
        self.filters = CaseFilters(values, Case.objects.all(), reader=reader)
        self.fields = {name: values[name] for name in self.filters.chosen}
        self.status = values["status"]

    @property
    def cases(self) -> CaseQuerySet:
        """The cases of the list, in no order yet."""
        cases: CaseQuerySet = self.filters.qs
        return cases

    @property
    def listed(self) -> CaseQuerySet:
        """As they are shown: the inbox by age, everything else newest first."""
        cases = self.cases.for_table()
        return cases.order_by("pk") if self.is_inbox else cases

    @property
    def query(self) -> str:
        """With its question mark; empty for the inbox as it opens."""
        is_plain_inbox = self.status == WAITING and not self.is_narrowed
        return "" if is_plain_inbox else f"?{urlencode(self.fields)}"

    @property
    def url(self) -> str:
        return reverse("mlops:approvals") + self.query

    @property
    def plain(self) -> "CaseListing":
        """The same list with nothing narrowed."""
        return CaseListing(self.reader, {"status": self.status})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.fields.keys() - {"status"})

    @property
    def is_inbox(self) -> bool:
        """A list to work through, rather than one to look things up in."""
        return self.status in (WAITING, CaseStatus.NEEDS_REVIEW)

    def words(self) -> list[str]:
        """What the list is narrowed to, beyond the tab above it."""
        chosen = self.filters.chosen.items()
        return [WORDS[name](value) for name, value in chosen if name in WORDS]


def _by_current_names(query: Mapping[str, str]) -> dict[str, str]:
    """The query with the names of the filters; links of earlier versions have others.

    There ``by`` was the id of who decided, and ``sure`` was yes or no.
    """
    known = CaseFilters.base_filters
    values = {name: query[name] for name in query if name in known and query[name]}
    if values.get("sure") in OLD_SURE:
        values["sure"] = OLD_SURE[values["sure"]]
    if number := as_id(query.get("by", "")):
        person = User.objects.filter(pk=number).first()
        values["decided_by"] = person.username if person else query["by"]
    return values


def _decided_by(username: str) -> str:
    person = User.objects.filter(username=username).first()
    who = name_of(person) if person else username
    return gettext("Decided by %(who)s") % {"who": who}


def _came_within(days: int) -> str:
    if days == 1:
        return gettext("Came in today")
    last = ngettext("Came in within %(days)d day", "Came in within %(days)d days", days)
    return last % {"days": days}


def _decided_within(days: int) -> str:
    if days == 1:
        return gettext("Decided today")
    last = ngettext("Decided within %(days)d day", "Decided within %(days)d days", days)
    return last % {"days": days}


def _sure(is_sure: bool) -> str:
    return gettext("Confidence: %(sure)s") % {"sure": SURE[str(is_sure).lower()]}


WORDS: dict[str, Callable[[Any], str]] = {
    "external_id": str,
    "q": str,
    "recommended": str,
    "sure": _sure,
    "second": lambda whose: gettext("Second opinion: %(who)s") % {"who": SECOND[whose]},
    "decision": lambda decision: gettext("Decision: %(what)s") % {"what": decision},
    "created_by": lambda name: (
        gettext("Brought by %(who)s")
        % {"who": gettext("the system") if name == SYSTEM else name}
    ),
    "reviewed_by": lambda name: gettext("Reviewed by %(who)s") % {"who": name},
    "decided_by": _decided_by,
    "came": _came_within,
    "decided": _decided_within,
    "recommender_id": lambda number: (
        gettext("Recommended by model version %(number)s") % {"number": number}
    ),
    "updated_since": lambda at: gettext("changed from %(time)s") % {"time": short(at)},
    "updated_before": lambda at: (
        gettext("changed before %(time)s") % {"time": short(at)}
    ),
    "created_since": lambda at: gettext("from %(day)s") % {"day": short(at)},
    "created_before": lambda at: gettext("before %(time)s") % {"time": short(at)},
}


def recommended_decisions() -> list[str]:
    """What was recommended lately, in alphabetical order."""
    cases = Case.objects.showing_recommendation().order_by("-pk")
    rows = cases.values_list("recommended_decision", flat=True)
    return sorted(set(rows[:LATELY]) - {""})


def people() -> list[tuple[str, str]]:
    """Who has decided a case here, by the name they sign in with."""
    decided = Review.objects.filter(by=OuterRef("pk"))
    users = User.objects.filter(Exists(decided)).order_by("username")
    return [(user.username, name_of(user)) for user in users]
