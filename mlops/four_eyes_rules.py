# ruff: noqa: S608  (composed of texts of its own; nothing comes from outside)
"""The four-eyes rules of selecting, as the database itself keeps them.

SQL over NEW, a serving period that is written. The same counts as in
``mlops.serving.four_eyes``.
"""

from training.dbrules import Rule

PERIOD = "mlops_servingperiod"
BY_TWO = "('two_people', 'break_glass')"


def _dataset_of(version: str) -> str:
    """The number of the dataset that the version with this id learnt from."""
    return (
        "SELECT d.number FROM mlops_modelversion m "
        "JOIN training_trainingrun r ON r.id = m.run_id "
        "JOIN training_datasetversion d ON d.id = r.dataset_version_id "
        f"WHERE m.id = {version}"
    )


_SERVED = (
    "SELECT f.model_version_id FROM mlops_servingperiod f WHERE f.id = NEW.follows_id"
)
_LEARNS = _dataset_of("NEW.model_version_id")
_LEARNT = f"COALESCE(({_dataset_of(f'({_SERVED})')}), 0)"


def _contains(number: str) -> str:
    return f"(s.in_from <= {number} AND (s.in_until IS NULL OR s.in_until > {number}))"


_NEW_SAMPLES = (
    "SELECT COUNT(*) FROM training_sample s "
    f"WHERE {_contains(f'({_LEARNS})')} AND NOT {_contains(_LEARNT)}"
)


def _partial(person: str) -> str:
    """Who started the training, or approved more than their share of what is new."""
    return (
        "(EXISTS (SELECT 1 FROM mlops_modelversion m "
        "JOIN training_trainingrun r ON r.id = m.run_id "
        "JOIN training_pipelinejob j ON j.id = r.job_id "
        f"WHERE m.id = NEW.model_version_id AND j.created_by_id = {person}) "
        f"OR ({_NEW_SAMPLES} AND s.reviewer_id = {person}) "
        f"> p.conflict_share * ({_NEW_SAMPLES}))"
    )


# The request that another person has confirmed, and that opened no period yet.
_CONFIRMED = (
    "SELECT 1 FROM mlops_breakglass b WHERE b.confirmed AND b.period_id IS NULL "
    "AND b.model_version_id = NEW.model_version_id AND b.requested_by_id = NEW.by_id "
    "AND COALESCE(b.instead_of_id, 0) = COALESCE(NEW.follows_id, 0) "
    "AND (b.freeze_id IS NOT NULL) = (NEW.kind = 'break_glass')"
)
_CONFLICT = (
    "SELECT 1 FROM training_trainingpolicy p WHERE p.conflict_share IS NOT NULL "
    f"AND {_partial('NEW.by_id')} AND NOT EXISTS "
    f"({_CONFIRMED} AND NOT {_partial('b.decided_by_id')})"
)
_TWO = "SELECT 1 FROM training_trainingpolicy p WHERE p.two_people_select"

EYES_RULES = [
    Rule(
        "mlops_servingperiod_two_people_select",
        PERIOD,
        "INSERT",
        "two people select, by the rules of the company",
        refuse_if=f"NEW.kind IN ('select', 'auto') AND EXISTS ({_TWO})",
    ),
    Rule(
        "mlops_servingperiod_was_confirmed",
        PERIOD,
        "INSERT",
        "what two people select was asked for by one and confirmed by another",
        refuse_if=f"NEW.kind IN {BY_TWO} AND NOT EXISTS ({_CONFIRMED})",
    ),
    Rule(
        "mlops_servingperiod_nobody_selects_their_own",
        PERIOD,
        "INSERT",
        "who has a part in a version does not select it alone",
        refuse_if="NEW.kind IN ('select', 'two_people', 'break_glass') "
        f"AND EXISTS ({_CONFLICT})",
    ),
]
