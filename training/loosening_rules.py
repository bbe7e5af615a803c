# ruff: noqa: S608  (composed of texts of its own; nothing comes from outside)
"""Nobody loosens a four-eyes rule alone, as rules of ``dbrules``."""

POLICY, LOOSENING = "training_trainingpolicy", "training_loosening"
SWITCHED_OFF = "OLD.{rule} AND NOT NEW.{rule}"
SHARE_RAISED = (
    "OLD.conflict_share IS NOT NULL AND (NEW.conflict_share IS NULL "
    "OR NEW.conflict_share > OLD.conflict_share)"
)
AS_ASKED = (
    " AND NOT (l.share_from {differs} OLD.conflict_share) "
    "AND NOT (l.share_to {differs} NEW.conflict_share)"
)
HOLDS = "('confirmed', 'on_server')"


def _holds(rule: str, and_so: str = "") -> str:
    """Two people, or an operator on the server, loosened it; and not used so far."""
    return (
        f"SELECT 1 FROM {LOOSENING} l WHERE l.rule = '{rule}' "
        f"AND l.status IN {HOLDS} AND l.applied_at IS NULL{and_so}"
    )


def _alone(rule: str, loosened: str, and_so: str = "") -> tuple[str, ...]:
    return (
        f"{POLICY}_two_loosen_{rule}",
        POLICY,
        "UPDATE",
        "two people loosen a four-eyes rule: one asks, another confirms",
        f"{loosened} AND NOT EXISTS ({_holds(rule, and_so)})",
    )


STAYS = " OR ".join(
    f"NEW.{column} {{differs}} OLD.{column}"
    for column in (
        "id",
        "rule",
        "share_from",
        "share_to",
        "reason",
        "asked_by_id",
        "asked_at",
    )
)
DECISION_STAYS = " OR ".join(
    f"NEW.{column} {{differs}} OLD.{column}"
    for column in ("status", "decided_by_id", "decided_at", "answer")
)
DECIDED = (
    "OLD.status = 'asked' AND NEW.status IN ('confirmed', 'declined', 'expired') "
    "AND NEW.applied_at IS NULL"
)
APPLIED = (
    f"OLD.status IN {HOLDS} AND OLD.applied_at IS NULL AND NEW.applied_at IS NOT NULL "
    f"AND NOT ({DECISION_STAYS})"
)
LOOSENING_RULES = [
    _alone("bars_own_cases", SWITCHED_OFF.format(rule="bars_own_cases")),
    _alone("two_people_select", SWITCHED_OFF.format(rule="two_people_select")),
    _alone("conflict_share", f"({SHARE_RAISED})", AS_ASKED),
    (
        f"{POLICY}_is_one_row",
        POLICY,
        "INSERT",
        "the policy is one row, and is not put in anew",
        f"EXISTS (SELECT 1 FROM {POLICY})",
    ),
    (
        f"{POLICY}_no_delete",
        POLICY,
        "DELETE",
        "the policy is never deleted; its rules are changed",
        "1 = 1",
    ),
    (
        f"{LOOSENING}_begins_undecided",
        LOOSENING,
        "INSERT",
        "a loosening is asked for first, and not in the future",
        "NEW.status NOT IN ('asked', 'on_server') OR NEW.applied_at IS NOT NULL "
        f"OR NEW.asked_at > {{now}} OR EXISTS (SELECT 1 FROM {LOOSENING} l "
        "WHERE l.id = NEW.id)",
    ),
    (
        f"{LOOSENING}_decided_once",
        LOOSENING,
        "UPDATE",
        "a loosening is decided once, and used once",
        f"{STAYS} OR NOT (({DECIDED}) OR ({APPLIED}))",
    ),
    (
        f"{LOOSENING}_in_time",
        LOOSENING,
        "UPDATE",
        "a loosening is confirmed within seven days, and expires after them",
        "OLD.status = 'asked' AND ((NEW.status = 'confirmed' "
        "AND OLD.asked_at <= {week_ago}) OR (NEW.status = 'expired' "
        "AND OLD.asked_at > {week_ago}))",
    ),
    (
        f"{LOOSENING}_no_delete",
        LOOSENING,
        "DELETE",
        "a loosening is never deleted",
        "1 = 1",
    ),
]
