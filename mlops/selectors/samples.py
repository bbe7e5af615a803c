"""The samples of a dataset version: the rows behind every figure about it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.choices import ReviewSource
from training.models import DatasetVersion
from training.models.accounts import name_of
from training.models.datasets import SampleQuerySet

PARTS: dict[str, str | Promise] = {
    "new": _("New in it"),
    "learn": _("To learn from"),
    "held-out": _("Held out to measure with"),
    "withdrawn": _("Withdrawn since the dataset before"),
    "withdrawn-later": _("Learnt from, and withdrawn later"),
}


@dataclass(frozen=True)
class SampleFilter:
    """Which samples of a version; empty means all, None means any."""

    part: str = ""
    decision: str | None = None
    reviewer: str | None = None
    source: str | None = None

    def rows(self, version: DatasetVersion) -> SampleQuerySet:
        columns = {
            "decision": self.decision,
            "reviewer__username": self.reviewer,
            "source": self.source,
        }
        asked = {name: value for name, value in columns.items() if value is not None}
        return self._part(version).filter(**asked).for_table()

    def _part(self, version: DatasetVersion) -> SampleQuerySet:
        if self.part == "withdrawn":
            return version.withdrawn()
        if self.part == "withdrawn-later":
            return version.samples().filter(held_out=False, in_until__isnull=False)
        if self.part == "new":
            return version.added()
        if self.part in ("learn", "held-out"):
            return version.samples().filter(held_out=self.part == "held-out")
        return version.samples()

    def url(self, version: DatasetVersion) -> str:
        wish = {
            "part": self.part or None,
            "decision": self.decision,
            "reviewer": self.reviewer,
            "source": self.source,
        }
        query = urlencode({k: v for k, v in wish.items() if v is not None})
        address = reverse("mlops:training-samples", args=[version.pk])
        return address + (f"?{query}" if query else "")

    @property
    def words(self) -> list[str]:
        said = [str(PARTS[self.part])] if self.part in PARTS else []
        if self.decision is not None:
            said.append(
                f"\N{LEFT DOUBLE QUOTATION MARK}{self.decision}"
                "\N{RIGHT DOUBLE QUOTATION MARK}"
            )
        if self.reviewer is not None:
            said += people([self.reviewer]).values()
        if self.source is not None:
            said.append(way(self.source))
        return said


def people(usernames: list[str]) -> dict[str, str]:
    """By which name a page calls them, for each name they sign in with."""
    known = User.objects.filter(username__in=usernames)
    names = {user.username: name_of(user) for user in known}
    return {username: names.get(username) or username for username in usernames}


def way(source: str) -> str:
    """The way a review came in words."""
    labels = dict(ReviewSource.choices)
    return str(labels.get(source) or _("not recorded"))
