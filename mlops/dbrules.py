"""What the database itself keeps true about serving."""

from training.dbrules import Rule, append_only, changed

MLOPS_RULES = [
    *append_only("mlops_prediction"),
    *append_only("mlops_promotiondecision"),
    Rule(
        "mlops_servingperiod_only_ends",
        "mlops_servingperiod",
        "UPDATE",
        "a serving period is immutable; it can only end, once",
        refuse_if="OLD.until IS NOT NULL OR NEW.until IS NULL OR "
        + changed(
            "id",
            "model_version_id",
            "since",
            "by_id",
            "reason",
            "kind",
            "follows_id",
            "below_id",
        ),
    ),
    Rule(
        "mlops_servingperiod_no_delete",
        "mlops_servingperiod",
        "DELETE",
        "a serving period is never deleted",
    ),
    Rule(
        "mlops_servingperiod_follows",
        "mlops_servingperiod",
        "INSERT",
        "a serving period starts where the one before it ended",
        refuse_if="(NEW.follows_id IS NULL AND EXISTS "
        "(SELECT 1 FROM mlops_servingperiod)) OR (NEW.follows_id IS NOT NULL AND "
        "(SELECT p.until FROM mlops_servingperiod p WHERE p.id = NEW.follows_id) "
        "{differs} NEW.since)",
    ),
]
