"""Whether stated confidence is kept: of the answers with 0.8, how many are right.

The error is the expected calibration error of Naeini, Cooper and Hauskrecht (AAAI
2015) over bins of equally many cases. With few cases even perfectly calibrated answers
miss by some; how much is stated beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mlops.evaluation.proportions import share
from training.measures import Probabilities, best

BINS = 10
ScoredAnswer = tuple[float, bool]  # its confidence, and whether it was right


def calibration(
    answers: Sequence[Probabilities], truth: Sequence[str]
) -> dict[str, Any] | None:
    """The calibration as it is stored with a version; None without cases.

    Raises ValueError if there are not as many answers as true decisions.
    """
    scored = sorted(
        (row[best(row)], best(row) == true)
        for row, true in zip(answers, truth, strict=True)
    )
    if not scored:
        return None
    bins = [_bin(part) for part in _parts(scored)]
    n = len(scored)
    return {
        "cases": n,
        "error": math.fsum(
            each["cases"] * abs(each["share"]["value"] - each["confidence"])
            for each in bins
        )
        / n,
        "by_chance": math.fsum(
            each["cases"] * mean_miss(each["cases"], each["confidence"])
            for each in bins
        )
        / n,
        "bins": bins,
    }


def _parts(scored: Sequence[ScoredAnswer]) -> list[Sequence[ScoredAnswer]]:
    """Ten parts of about equal size; answers of one confidence stay in one part."""
    n, parts, start = len(scored), [], 0
    for number in range(1, BINS + 1):
        end = max(start, n * number // BINS)
        while start < end < n and scored[end][0] == scored[end - 1][0]:
            end += 1
        if end > start:
            parts.append(scored[start:end])
        start = end
    return parts


def _bin(part: Sequence[ScoredAnswer]) -> dict[str, Any]:
    n = len(part)
    right = share(sum(is_right for _confidence, is_right in part), n)
    return {
        "cases": n,
        "lowest": part[0][0],
        "highest": part[-1][0],
        "confidence": math.fsum(confidence for confidence, _right in part) / n,
        "share": asdict(right) if right else None,
    }


def mean_miss(n: int, chance: float) -> float:
    """By how much the share of n tries misses their chance on average.

    De Moivre's closed form of the binomial's mean absolute deviation: Diaconis and
    Zabell, Closed form summation for classical distributions (Statistical Science 6,
    1991).
    """
    if not 0 < chance < 1:
        return 0.0
    k = math.floor(n * chance) + 1
    if k > n:
        return 2 * (1 - chance) * chance**n
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    likely = ways + k * math.log(chance) + (n - k + 1) * math.log1p(-chance)
    return 2 * k * math.exp(likely) / n
