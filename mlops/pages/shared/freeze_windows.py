"""Freeze windows and the switches asked for in one, as the pages show them."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from mlops.models import BreakGlass, FreezeWindow
from mlops.serving.freezes import freeze_at


@dataclass(frozen=True)
class FreezeEntry:
    """A freeze that runs, or is planned and can be called off."""

    freeze: FreezeWindow
    runs: bool


def freeze_now() -> dict[str, Any]:
    """The freeze that runs, and what waits for a second person, in it or by rule."""
    freeze = freeze_at(timezone.now())
    requests = list(BreakGlass.objects.for_table().open())
    return {"freeze": freeze, "switch_requests": requests}


def windows() -> list[FreezeEntry]:
    """Those that are not over, the next to start first."""
    now = timezone.now()
    freezes = FreezeWindow.objects.for_table().to_come(now).order_by("starts_at", "pk")
    return [FreezeEntry(freeze, freeze.starts_at <= now) for freeze in freezes]
