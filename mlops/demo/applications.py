"""The real decisions, and how parts of them are sent."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2] / "training" / "demo" / "hmda.csv"
ID, DECISION, PROTECTED = "application_id", "deny", "afam"


@dataclass(frozen=True)
class Application:
    """One row: what was asked for, and what the reviewer of 1990 decided."""

    columns: dict[str, str]

    @property
    def external_id(self) -> str:
        return self.columns[ID]

    @property
    def decision(self) -> str:
        return self.columns[DECISION]

    def as_prediction(self) -> dict[str, Any]:
        """The case without its decision and its protected attribute."""
        hidden = {ID, DECISION, PROTECTED}
        return {
            "external_id": self.external_id,
            "facts": [
                {"name": name, "value": _as_fact(value)}
                for name, value in self.columns.items()
                if name not in hidden and value != ""
            ],
        }


def _as_fact(text: str) -> float | str:
    """A number if it reads as one, as the import does."""
    try:
        return float(text)
    except ValueError:
        return text


def applications() -> list[Application]:
    with SOURCE.open(newline="", encoding="utf-8") as file:
        return [Application(row) for row in csv.DictReader(file)]


def as_csv(some: Sequence[Application]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(some[0].columns))
    writer.writeheader()
    writer.writerows(each.columns for each in some)
    return text.getvalue().encode()
