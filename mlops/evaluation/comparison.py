"""One model's measures with intervals; two models on the same cases.

Differences are candidate minus champion.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlops.evaluation.paired_answers import (
    CONFIDENCE,
    RESAMPLES,
    Answers,
)
from training.measures import OTHER, Probabilities, best, commonest


@dataclass(frozen=True)
class Recall:
    """How many of the cases with this decision each model recognizes."""

    decision: str
    cases: int
    candidate: float
    champion: float


@dataclass(frozen=True)
class Disagreement:
    """The cases with different answers, and who was right there.

    ``p_value``: McNemar's exact test (1947), two-sided: how likely so uneven a split
    is if both are equally good.
    """

    cases: int
    candidate_right: int
    champion_right: int
    p_value: float


def intervals(
    model: Sequence[Probabilities], truth: Sequence[str], *, seed: str
) -> dict[str, Any]:
    """The intervals of one model's measures, as they are stored with a version.

    By name of the measure; one that is undefined is left out. Two models with the same
    ``seed`` (hexadecimal) are measured on the same draws.
    """
    # Imported here because it loads numpy, as in ``compare``.
    from mlops.evaluation.resampling import measures  # noqa: PLC0415

    return {
        name: asdict(interval)
        for name, interval in measures(model, truth, seed=seed).items()
        if interval
    }


def compare(answers: Answers, *, seed: str) -> dict[str, Any]:
    """The comparison as it is stored with a version, in JSON types.

    ``seed`` (hexadecimal) makes the draws of the bootstrap repeatable.

    Raises ValueError if the answers are not as many as the true decisions.
    """
    # Imported here because it loads numpy, which the web process never needs: only the
    # worker measures.
    from mlops.evaluation.resampling import differences  # noqa: PLC0415

    if not len(answers.candidate) == len(answers.champion) == len(answers.truth):
        raise ValueError("every model must have answered every case")
    return {
        "cases": len(answers.truth),
        "resamples": RESAMPLES,
        "confidence": CONFIDENCE,
        "seed": seed,
        "differences": {
            name: interval and asdict(interval)
            for name, interval in differences(answers, seed=seed).items()
        },
        "recalls": [asdict(recall) for recall in recalls(answers)],
        "disagreement": asdict(disagreement(answers)),
    }


def recalls(answers: Answers) -> list[Recall]:
    """One for each decision that occurs; of very many, the rare ones as one OTHER."""
    cases = Counter(answers.truth)
    labels = commonest({(label, label): n for label, n in cases.items()}, sorted(cases))
    pooled = {label: label if label in labels else OTHER for label in cases}
    of = Counter(pooled[true] for true in answers.truth)
    right = [
        Counter(
            pooled[true]
            for answer, true in zip(model, answers.truth, strict=True)
            if best(answer) == true
        )
        for model in (answers.candidate, answers.champion)
    ]
    return [
        Recall(label, of[label], *(model[label] / of[label] for model in right))
        for label in labels
    ]


def disagreement(answers: Answers) -> Disagreement:
    """Counted over the cases on which the two models give different answers."""
    rows = zip(answers.candidate, answers.champion, answers.truth, strict=True)
    differ = [
        (mine == true, theirs == true)
        for mine, theirs, true in ((best(a), best(b), true) for a, b, true in rows)
        if mine != theirs
    ]
    mine, theirs = (sum(row[k] for row in differ) for k in (0, 1))
    return Disagreement(len(differ), mine, theirs, mcnemar(mine, theirs))


def mcnemar(one: int, other: int) -> float:
    """Of n even coin tosses, how likely is a split as uneven as this, or more."""
    n, tail = one + other, 0
    ways = 1  # n over k, exact, each from the one before
    for k in range(min(one, other) + 1):
        tail += ways
        ways = ways * (n - k) // (k + 1)
    return min(1.0, 2 * tail / (1 << n))
