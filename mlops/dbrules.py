"""What the database itself keeps true about serving."""

from mlops.four_eyes_rules import EYES_RULES
from preciso.limits import NAME, TEXT
from training.dbrules import Rule, append_only, changed
from training.text_rules import bounded

# How a serving period may be changed: it ends; or a clock was wrong, and what lies in
# the future is put at a moment that has passed, without leaving a gap.
OTHERWISE_CHANGED = "(" + (
    changed(
        "id",
        "model_version_id",
        "by_id",
        "reason",
        "kind",
        "follows_id",
        "below_id",
        "rehearsal_id",
        "drill",
    )
    + ")"
)
ENDS = "(OLD.until IS NULL AND NEW.until IS NOT NULL AND NEW.since = OLD.since)"
IS_PUT_RIGHT = (
    "((NEW.until IS NULL) = (OLD.until IS NULL)"
    " AND (NEW.since = OLD.since OR (OLD.since > {now} AND NEW.since <= {now} AND"
    " NOT (NEW.since {differs} (SELECT p.until FROM mlops_servingperiod p"
    " WHERE p.id = NEW.follows_id))))"
    " AND (NEW.until IS NULL OR NEW.until = OLD.until"
    " OR (OLD.until > {now} AND NEW.until <= {now}))"
    " AND (NEW.since <> OLD.since"
    " OR (NEW.until IS NOT NULL AND NEW.until <> OLD.until)))"
)

MLOPS_RULES = [
    *EYES_RULES,
    Rule(*bounded("mlops_servingperiod", reason=TEXT)),
    Rule(*bounded("mlops_breakglass", reason=TEXT)),
    Rule(*bounded("mlops_withdrawnacceptance", reason=TEXT)),
    Rule(*bounded("mlops_freezewindow", name=NAME)),
    Rule(*bounded("mlops_prediction", explanation=TEXT)),
    *append_only("mlops_prediction"),
    *append_only("mlops_promotiondecision"),
    *append_only("mlops_rehearsal"),
    *append_only("mlops_withdrawnacceptance"),
    Rule(
        "mlops_freezewindow_only_called_off",
        "mlops_freezewindow",
        "UPDATE",
        "a freeze window can only be called off, once",
        refuse_if="OLD.canceled_at IS NOT NULL OR NEW.canceled_at IS NULL OR "
        + changed("id", "name", "starts_at", "ends_at", "created_by_id", "created_at"),
    ),
    Rule(
        "mlops_freezewindow_no_delete",
        "mlops_freezewindow",
        "DELETE",
        "a freeze window is never deleted",
    ),
    Rule(
        "mlops_breakglass_decided_once",
        "mlops_breakglass",
        "UPDATE",
        "a break-glass request can only be decided, once",
        # What was confirmed is told, once, which period came of it.
        refuse_if="NEW.decided_at IS NULL OR (OLD.decided_at IS NOT NULL AND NOT "
        "(OLD.confirmed AND OLD.period_id IS NULL AND NEW.period_id IS NOT NULL AND "
        f"NOT ({changed('decided_by_id', 'decided_at', 'confirmed', 'answer')}))) OR "
        + changed(
            "id",
            "model_version_id",
            "freeze_id",
            "instead_of_id",
            "requested_by_id",
            "requested_at",
            "reason",
        ),
    ),
    Rule(
        "mlops_breakglass_no_delete",
        "mlops_breakglass",
        "DELETE",
        "a break-glass request is never deleted",
    ),
    Rule(
        "mlops_servingperiod_respects_freezes",
        "mlops_servingperiod",
        "INSERT",
        "nothing new is selected in a freeze window",
        refuse_if="NEW.kind IN ('select', 'auto', 'two_people') AND EXISTS "
        "(SELECT 1 FROM mlops_freezewindow f WHERE f.canceled_at IS NULL "
        "AND f.starts_at <= NEW.since AND NEW.since < f.ends_at)",
    ),
    *append_only("mlops_differinganswer"),
    Rule(
        "mlops_servingperiod_only_ends",
        "mlops_servingperiod",
        "UPDATE",
        "a serving period is immutable; it can only end, once",
        refuse_if=f"{OTHERWISE_CHANGED} OR NOT ({ENDS} OR {IS_PUT_RIGHT})",
    ),
    Rule(
        "mlops_servingperiod_has_begun",
        "mlops_servingperiod",
        "INSERT",
        "a serving period does not begin in the future",
        refuse_if="NEW.since > {now}",
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
    Rule(
        "mlops_servingperiod_starts_what_was_stopped",
        "mlops_servingperiod",
        "INSERT",
        "only what is stopped is started again, and only what serves is stopped",
        refuse_if="(NEW.kind = 'started' OR NEW.kind = 'stopped') AND "
        "(NEW.follows_id IS NULL OR (NEW.kind = 'started') <> ((SELECT p.kind FROM "
        "mlops_servingperiod p WHERE p.id = NEW.follows_id) = 'stopped'))",
    ),
    Rule(
        "mlops_servingperiod_emergency_brings_back",
        "mlops_servingperiod",
        "INSERT",
        "in an emergency only a version that has served before is brought back",
        refuse_if="NEW.kind IN ('started', 'fallback', 'rollback') AND NOT EXISTS "
        "(SELECT 1 FROM mlops_servingperiod p "
        "WHERE p.model_version_id = NEW.model_version_id)",
    ),
    Rule(
        "mlops_servingperiod_rehearsed_itself",
        "mlops_servingperiod",
        "INSERT",
        "a serving period is kept with a rehearsal of its own version only",
        refuse_if="NEW.rehearsal_id IS NOT NULL AND (SELECT r.model_version_id "
        "FROM mlops_rehearsal r WHERE r.id = NEW.rehearsal_id) "
        "{differs} NEW.model_version_id",
    ),
]
