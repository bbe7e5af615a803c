"""The samples of a dataset version: the rows behind every figure about it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.models import DatasetVersion
from training.models.datasets import SampleQuerySet

PARTS: dict[str, str | Promise] = {
    "new": _("New in it"),
    "held-out": _("Held out to measure with"),
}


@dataclass(frozen=True)
class SampleFilter:
    """Which samples of a version; empty means all, None means any decision."""

    part: str = ""
    decision: str | None = None

    def rows(self, version: DatasetVersion) -> SampleQuerySet:
        found = version.samples()
        if self.part == "new":
            found = found.filter(in_from=version.number)
        elif self.part == "held-out":
            found = found.filter(held_out=True)
        if self.decision is not None:
            found = found.filter(decision=self.decision)
        return found.for_table()

    def url(self, version: DatasetVersion) -> str:
        wish = {"part": self.part or None, "decision": self.decision}
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
        return said
