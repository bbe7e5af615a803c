"""From scores to probabilities: one sigmoid (softmax for more than two decisions).

The slope, and for two decisions the offset, are fitted on scores of cases the model
had not seen, and held near "leave it as it is" where there are few of them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from training.trainers.decision.table import Floats, Integers

TRUST = 4.0  # a departure of 0.5 from the identity costs half a nat in total
SLOPES = (0.05, 20.0)
OFFSETS = (-10.0, 10.0)


@dataclass(frozen=True)
class Calibration:
    """A sigmoid over scores: ``slope * score + offset``, in log odds."""

    slope: float = 1.0
    offset: float = 0.0

    def probabilities(self, scores: Floats) -> Floats:
        """One column per decision; each row sums to 1."""
        logits = self.slope * scores
        if logits.shape[1] == 1:
            logits = np.hstack([np.zeros_like(logits), logits + self.offset])
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def log_loss(probabilities: Floats, labels: Integers) -> float:
    """The mean over cases, in nats; ``labels`` are the columns that are right."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-15)).mean())


def fit_calibration(scores: Floats, labels: Integers, cases: int) -> Calibration:
    """Fit on held-out scores by L-BFGS-B, with a penalty that pulls to the identity.

    ``scores`` has a row for each held-out score and a column for each decision (one for
    two decisions). ``cases`` counts each case once, however often it was scored, so
    that repeats do not outweigh the penalty.
    """
    binary = scores.shape[1] == 1

    def cost(point: Floats) -> float:
        slope, offset = float(point[0]), float(point[1]) if binary else 0.0
        loss = log_loss(Calibration(slope, offset).probabilities(scores), labels)
        return loss * cases + TRUST / 2 * ((slope - 1) ** 2 + offset**2)

    start, bounds = ([1.0, 0.0], [SLOPES, OFFSETS]) if binary else ([1.0], [SLOPES])
    optimum = minimize(cost, start, method="L-BFGS-B", bounds=bounds)
    return Calibration(*(float(value) for value in optimum.x))
