"""Freeze windows and the switches asked for in one, as the pages show them."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from mlops.models import BreakGlass, FreezeWindow
from mlops.serving.freezes import freeze_at


@dataclass(frozen=True)
class Window:
    """A freeze that runs, or is planned and can be called off."""

    freeze: FreezeWindow
    runs: bool


def frozen() -> dict[str, Any]:
    """The freeze that runs, and what waits for a second person, in it or by rule."""
    freeze = freeze_at(timezone.now())
    asked = list(BreakGlass.objects.for_table().open())
    return {"freeze": freeze, "asked": asked}


def windows() -> list[Window]:
    """Those that are not over, the next to start first."""
    now = timezone.now()
    found = FreezeWindow.objects.for_table().to_come(now).order_by("starts_at", "pk")
    return [Window(each, each.starts_at <= now) for each in found]
