"""A comparison as it is kept with a version, and versions of it."""

BETTER = {
    "model_version": {"id": "0", "name": "loans", "version": 1},
    "cases": 400,
    "left_out": 0,
    "differences": {"log_loss": {"value": -0.012, "low": -0.021, "high": -0.004}},
    "recalls": [
        {"decision": "no", "cases": 150, "candidate": 0.80, "champion": 0.82},
        {"decision": "yes", "cases": 250, "candidate": 0.90, "champion": 0.85},
    ],
    "disagreement": {
        "cases": 12,
        "candidate_right": 9,
        "champion_right": 3,
        "p_value": 0.15,
    },
}


def with_comparison(version, **changes):
    found = {**BETTER, **version.evaluation.get("comparison", {}), **changes}
    version.evaluation = {**version.evaluation, "comparison": found}
    version.save()
    return version


def log_loss(high):
    return {"log_loss": {"value": high - 0.01, "low": high - 0.02, "high": high}}


def worse_at_no(by):
    return [{"decision": "no", "cases": 9, "candidate": 0.9 - by, "champion": 0.9}]
