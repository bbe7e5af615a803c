"""Which cases the inbox shows: the filters that its links carry, so all agree."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from training.choices import CaseStatus, ReviewAction
from training.models import Case, Review
from training.models.accounts import name_of
from training.models.cases import CaseQuerySet
from training.services import policies

WAITING, ALL = "waiting", "all"  # beside the statuses
SURE: dict[str, str | Promise] = {
    "yes": _("Sure enough"),
    "no": _("Unsure"),
}
SECOND: dict[str, str | Promise] = {
    "mine": _("I may give it"),
    "others": _("Somebody else has to"),
}
LONGEST = 3650  # days
LATELY = 1000  # cases whose recommendations the filter offers
TOLD = (ReviewAction.APPROVE, ReviewAction.REJECT, ReviewAction.REQUEST_CHANGES)


@dataclass(frozen=True)
class CaseFilter:
    """What the inbox is narrowed to; empty means all.

    ``status`` is a case status, ``waiting`` (the inbox) or ``all``. ``by`` is the
    number of the person who decided; ``came`` and ``decided`` are whole days back,
    1 being today. ``second`` depends on who looks.
    """

    status: str = WAITING
    q: str = ""
    recommended: str = ""
    sure: str = ""
    by: int | None = None
    second: str = ""
    came: int | None = None
    decided: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "CaseFilter":
        """What cannot be understood filters nothing."""
        status = query.get("status", WAITING)
        sure, second = query.get("sure", ""), query.get("second", "")
        return cls(
            status=status if status in (WAITING, ALL, *CaseStatus.values) else WAITING,
            q=query.get("q", "").strip(),
            recommended=query.get("recommended", ""),
            sure=sure if sure in SURE else "",
            by=_number(query.get("by", ""), 10**15),
            second=second if second in SECOND else "",
            came=_number(query.get("came", ""), LONGEST),
            decided=_number(query.get("decided", ""), LONGEST),
        )

    @property
    def query(self) -> str:
        """With its question mark; empty for the inbox as it opens."""
        wish = {name: value for name, value in asdict(self).items() if value}
        if self.status == WAITING:
            del wish["status"]
        return f"?{urlencode(wish)}" if wish else ""

    @property
    def url(self) -> str:
        return reverse("mlops:approvals") + self.query

    @property
    def plain(self) -> "CaseFilter":
        """The same list with nothing narrowed."""
        return CaseFilter(status=self.status)

    @property
    def is_narrowed(self) -> bool:
        return self != self.plain

    @property
    def is_inbox(self) -> bool:
        """A list to work through, rather than one to look things up in."""
        return self.status in (WAITING, CaseStatus.NEEDS_REVIEW)

    def words(self) -> list[str]:
        """What the list is narrowed to, beyond the tab above it."""
        said = [self.q, self.recommended]
        if self.sure:
            said.append(str(_("Confidence: %(sure)s") % {"sure": SURE[self.sure]}))
        if self.second:
            opinion = {"who": SECOND[self.second]}
            said.append(str(_("Second opinion: %(who)s") % opinion))
        if self.by:
            said.append(_decided_by(self.by))
        for days, today, last in (
            (self.came, _("Came in today"), _came_last),
            (self.decided, _("Decided today"), _decided_last),
        ):
            if days:
                said.append(str(today) if days == 1 else last(days))
        return [word for word in said if word]


def _number(text: str, most: int) -> int | None:
    in_reach = text.isdecimal() and text.isascii() and 0 < len(text) < 16
    return int(text) if in_reach and 0 < int(text) <= most else None


def _decided_by(pk: int) -> str:
    person = User.objects.filter(pk=pk).first()
    name = name_of(person) if person else str(pk)
    return str(_("Decided by %(who)s") % {"who": name})


def _came_last(days: int) -> str:
    last = ngettext("Came in within %(days)d day", "Came in within %(days)d days", days)
    return last % {"days": days}


def _decided_last(days: int) -> str:
    last = ngettext("Decided within %(days)d day", "Decided within %(days)d days", days)
    return last % {"days": days}


def days_back(days: int) -> datetime:
    """Midnight of today, less the days before; people count whole days."""
    day = timezone.localdate() - timedelta(days=days - 1)
    return timezone.make_aware(datetime.combine(day, time.min))


def narrowed(wish: CaseFilter, reader: User) -> CaseQuerySet:
    """The cases of the list, in no order yet."""
    cases = Case.objects.all()
    if wish.status == WAITING:
        cases = cases.awaiting_approval()
    elif wish.status != ALL:
        cases = cases.filter(status=wish.status)
    if wish.q:
        cases = cases.matching(wish.q)
    if wish.recommended:
        shown = cases.showing_recommendation()
        cases = shown.filter(recommended_decision=wish.recommended)
    if wish.came:
        cases = cases.filter(created_at__gte=days_back(wish.came))
    return _by_reviews(_by_sureness(cases, wish), wish, reader)


def _by_sureness(cases: CaseQuerySet, wish: CaseFilter) -> CaseQuerySet:
    if not wish.sure:
        return cases
    limit = policies.policy().min_confidence
    shown = cases.showing_recommendation()
    if wish.sure == "yes":
        return shown.filter(recommended_confidence__gte=limit)
    return shown.filter(recommended_confidence__lt=limit)


def _by_reviews(cases: CaseQuerySet, wish: CaseFilter, reader: User) -> CaseQuerySet:
    if wish.by or wish.decided:
        told = Review.objects.by_people().filter(action__in=TOLD)
        if wish.by:
            told = told.filter(by=wish.by)
        if wish.decided:
            told = told.filter(at__gte=days_back(wish.decided))
        # What was undone, or came back corrected, is decided no more.
        undone = CaseStatus.AWAITING_REVIEW
        cases = cases.filter(pk__in=told.values("case")).exclude(status=undone)
    if wish.second:
        cases = cases.filter(status=CaseStatus.NEEDS_REVIEW)
        mine = cases.decidable_by(reader)
        cases = (
            mine if wish.second == "mine" else cases.exclude(pk__in=mine.values("pk"))
        )
    return cases


def listed(wish: CaseFilter, reader: User) -> CaseQuerySet:
    """The list as it is shown: the inbox by age, everything else newest first."""
    cases = narrowed(wish, reader).for_table()
    return cases.order_by("pk") if wish.is_inbox else cases


def recommended_decisions() -> list[str]:
    """What was recommended lately, in alphabetical order."""
    shown = Case.objects.showing_recommendation().order_by("-pk")
    rows = shown.values_list("recommended_decision", flat=True)
    return sorted(set(rows[:LATELY]) - {""})


def people() -> list[tuple[int, str]]:
    """Who has decided a case here."""
    told = Review.objects.filter(by=OuterRef("pk"))
    found = User.objects.filter(Exists(told)).order_by("username")
    return [(each.pk, name_of(each)) for each in found]
