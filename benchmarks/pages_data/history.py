"""How much there is, who did it, and when: two busy years, evenly spread."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User

from mlops.demo.applications import applications
from training.case_schema import parse_case
from training.choices import ReviewSource

DAYS = 730
REVIEWERS = 12
DATASETS, PERIODS = 200, 300
NEW_SHARE = 4  # tenths of the samples that are in no sealed version yet


class Past:
    """The sizes at ``scale``, and what holds for the row at each place."""

    def __init__(self, scale: float, now: datetime) -> None:
        self.now = now
        self.decided = int(100_000 * scale)
        self.jobs = int(100_000 * scale)
        self.versions = int(1_000 * scale)
        self.lines = int(1_000_000 * scale)
        self.events = int(300_000 * scale)
        self.datasets = max(2, int(DATASETS * min(scale, 1)))
        self.periods = min(PERIODS, self.versions)
        self.reviewers = [_person(f"reviewer{n}", "Reviewer") for n in range(REVIEWERS)]
        self.admin = _person("admin", "Admin", is_staff=True)
        _person("reviewer", "Reviewer")
        _person("operator", "Operator")
        rows = applications()
        self.contents = [parse_case(row.as_prediction()) for row in rows]
        self.answers = [row.decision for row in rows]

    def moment(self, place: int, of: int) -> datetime:
        """Of the last of them, just now."""
        return self.now - timedelta(days=DAYS) * (1 - place / of)

    def dataset_of(self, place: int) -> int:
        """The version that the sample at this place entered."""
        sealed = self.decided * (10 - NEW_SHARE) // 10
        if place > sealed:
            return self.datasets
        return 1 + (place - 1) * (self.datasets - 1) // sealed

    def decision(self, place: int) -> str:
        return self.answers[place % len(self.answers)]

    def reviewer(self, place: int) -> User:
        return self.reviewers[place % len(self.reviewers)]

    def source(self, place: int) -> str:
        return ReviewSource.PAGE if place % 3 else ReviewSource.BULK


def _person(name: str, role: str, **columns: Any) -> User:
    user = User.objects.create_user(name, **columns)
    user.groups.add(Group.objects.get(name=role))
    return user
