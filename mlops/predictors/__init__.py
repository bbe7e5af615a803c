"""Predictors answer with a model version: one module per flavour, plain Python.

Loading reads numbers and runs no code; no predictor here imports numpy.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops.predictors import decision
from mlops.predictors.base import (
    Answer,
    ModelFormatError,
    Predictor,
    PredictorError,
    UnknownFlavor,
)

__all__ = [
    "FLAVORS",
    "Answer",
    "ModelFormatError",
    "Predictor",
    "PredictorError",
    "UnknownFlavor",
    "load",
]

LARGEST_FILE = 32 * 1024 * 1024

FLAVORS: dict[str, Callable[[dict[str, Any]], Predictor]] = {
    "decision": decision.load,
}


def load(path: Path) -> Predictor:
    """The predictor of a model directory.

    Raises ModelFormatError if its model.json cannot be read, UnknownFlavor if no
    predictor knows what it is.
    """
    description = _read(path / "model.json")
    flavor = description.get("flavor")
    if not isinstance(flavor, str):
        raise ModelFormatError("model.json does not say its flavor.")
    if flavor not in FLAVORS:
        raise UnknownFlavor(f"No predictor knows the flavor '{flavor[:60]}'.")
    return FLAVORS[flavor](description)


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise ModelFormatError("model.json is larger than 32 MB.")
        description = json.loads(file.read_bytes())
    except OSError:
        raise ModelFormatError("model.json is missing or cannot be read.") from None
    except (ValueError, RecursionError):
        raise ModelFormatError("model.json is not readable JSON.") from None
    if not isinstance(description, dict):
        raise ModelFormatError("model.json does not hold a JSON object.")
    return description
