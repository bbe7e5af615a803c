"""The measures a candidate and the serving version are compared by.

They are the trainer's own (`training.measures`), so that a figure in a training
report and one on a model's page mean the same.
"""

from training.measures import Metrics, best, measure, measure_commonest

__all__ = ["Metrics", "best", "measure", "measure_commonest"]
