"""The samples of a dataset version: the rows behind every figure about it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext

from preciso.filters import SYSTEM, Renamed, short
from training.filters.datasets import PARTS, SOURCES, UNKNOWN, SampleFilters
from training.models import DatasetVersion
from training.models.accounts import name_of

RENAMED: Renamed = {
    ("reviewer", None): ("by", None),
    ("source", ""): ("source", UNKNOWN),
}


def url(version: DatasetVersion, **query: str) -> str:
    """The samples of the version, narrowed by filters of ``SampleFilters``."""
    address = reverse("mlops:training-samples", args=[version.pk])
    return address + (f"?{urlencode(query)}" if query else "")


def words(filters: SampleFilters) -> list[str]:
    """What the list is narrowed to."""
    return [WORDS[name](value) for name, value in filters.chosen.items()]


def people(usernames: list[str]) -> dict[str, str]:
    """By which name a page calls them, for each name they sign in with."""
    known = User.objects.filter(username__in=usernames)
    names = {user.username: name_of(user) for user in known}
    return {username: names.get(username) or username for username in usernames}


def way(source: str) -> str:
    """The way a review came in words."""
    return str(dict(SOURCES).get(source or UNKNOWN, source))


def quoted(decision: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{decision}\N{RIGHT DOUBLE QUOTATION MARK}"


WORDS: dict[str, Callable[[Any], str]] = {
    "part": lambda part: str(PARTS[part]),
    "case_id": lambda number: gettext("Case %(number)s") % {"number": number},
    "external_id": str,
    "decision": quoted,
    "held_out": lambda is_held_out: str(PARTS["held-out" if is_held_out else "learn"]),
    "by": lambda name: (
        gettext("the system") if name == SYSTEM else people([name])[name]
    ),
    "source": way,
    "created_since": lambda at: gettext("from %(day)s") % {"day": short(at)},
    "created_before": lambda at: gettext("before %(time)s") % {"time": short(at)},
}
