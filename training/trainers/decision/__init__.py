"""The built-in trainer `decision`: learns a decision from the facts of any case.

    python -m training.trainers.decision

It compares a scorecard (regularised logistic regression on piecewise linear curves
and categories), a small random forest, and the mean of both by repeated
cross-validation on the training part alone, calibrates the winner with one sigmoid,
and leaves a `model.json` of plain numbers that can be read without running any code.
"""
