"""The training arguments of the `decision` trainer."""

from dataclasses import dataclass
from typing import Any

from training.trainers.contract import ArgumentError

MODELS = ("auto", "linear", "trees", "both")
MOST_REPEATS = 20
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Options:
    """`cv_repeats` None leaves the number of repeats to the size of the data."""

    seed: int = 0
    model: str = "auto"
    cv_repeats: int | None = None


def read_options(args: dict[str, Any]) -> Options:
    """Raises ArgumentError for an argument that is unknown or of the wrong kind."""
    known = ("cv_repeats", "model", "seed")
    options = {name: value for name, value in args.items() if value is not None}
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ArgumentError(
            f"Unknown training argument: {', '.join(unknown)}. "
            f"The decision trainer knows {', '.join(known)}."
        )
    if options.get("model", "auto") not in MODELS:
        raise ArgumentError(f"The argument model must be one of {', '.join(MODELS)}.")
    _check_whole(options, "seed", 0, LARGEST_SEED)
    _check_whole(options, "cv_repeats", 1, MOST_REPEATS)
    return Options(**options)


def _check_whole(options: dict[str, Any], name: str, least: int, most: int) -> None:
    value = options.get(name, least)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not least <= value <= most:
        raise ArgumentError(
            f"The argument {name} must be a whole number from {least} to {most}."
        )
