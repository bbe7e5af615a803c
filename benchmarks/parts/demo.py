"""The demo's mortgage decisions, without Django."""

from typing import Any

from mlops.demo.applications import applications


def facts_of_the_demo() -> list[list[dict[str, Any]]]:
    """The facts of each case as a program sends them: names and values."""
    return [row.as_prediction()["facts"] for row in applications()]


def decisions_of_the_demo() -> list[str]:
    return [row.decision for row in applications()]
