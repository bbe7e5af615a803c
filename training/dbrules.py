"""Rules that the database itself keeps, whoever writes: ORM, admin or raw SQL.

Each rule is one BEFORE trigger. They are put up again after every ``migrate`` (SQLite
rebuilds a table to alter it, and forgets its triggers) and taken down before one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from preciso.clock import IN_POSTGRESQL, IN_SQLITE
from training.account_rules import ACCOUNT_RULES
from training.loosening_rules import LOOSENING_RULES
from training.review_rules import REVIEW_RULES
from training.text_rules import TEXT_RULES


@dataclass(frozen=True)
class Rule:
    """``operation`` on ``table`` is refused with ``message`` if ``refuse_if`` holds.

    ``refuse_if`` is SQL over OLD and NEW; write ``a {differs} b`` for a comparison that
    knows NULL, ``{now}`` and ``{week_ago}`` for the database's clock. ``lock`` is a
    PostgreSQL query run first, to wait for whoever is changing the row the rule looks
    at; SQLite needs none.
    """

    name: str
    table: str
    operation: str
    message: str
    refuse_if: str = "1 = 1"
    lock: str = ""


def append_only(table: str) -> list[Rule]:
    """Rows of ``table`` are written once, and stay."""
    message = f"{table} is append-only"
    return [
        Rule(f"{table}_no_update", table, "UPDATE", message),
        Rule(f"{table}_no_delete", table, "DELETE", message),
    ]


def changed(*columns: str) -> str:
    """SQL: one of these columns is given another value."""
    return " OR ".join(f"NEW.{column} {{differs}} OLD.{column}" for column in columns)


def statements(rule: Rule, vendor: str) -> list[str]:
    """The SQL that puts the rule up; on PostgreSQL a function, then its trigger."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {rule.name} BEFORE {rule.operation} ON {rule.table} "
            f"FOR EACH ROW WHEN {rule.refuse_if.format(**IN_SQLITE)} "
            f"BEGIN SELECT RAISE(ABORT, '{rule.message}'); END"
        ]
    lock = f"PERFORM {rule.lock};" if rule.lock else ""
    row = "OLD" if rule.operation == "DELETE" else "NEW"
    return [
        f"CREATE OR REPLACE FUNCTION {rule.name}() RETURNS trigger AS $$ BEGIN {lock} "
        f"IF {rule.refuse_if.format(**IN_POSTGRESQL)} THEN "
        f"RAISE EXCEPTION '{rule.message}' USING ERRCODE = '23000'; END IF; "
        f"RETURN {row}; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {rule.name} BEFORE {rule.operation} ON {rule.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {rule.name}()",
    ]


def _existing(connection: BaseDatabaseWrapper, rules: Iterable[Rule]) -> list[Rule]:
    tables = set(connection.introspection.table_names())
    return [rule for rule in rules if rule.table in tables]


def take_down(rules: Iterable[Rule], using: str = DEFAULT_DB_ALIAS) -> None:
    """Remove the triggers, those that are there."""
    connection = connections[using]
    on_table = " ON {}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for rule in _existing(connection, rules):
            where = on_table.format(rule.table)
            cursor.execute(f"DROP TRIGGER IF EXISTS {rule.name}{where}")


def put_up(rules: Iterable[Rule], using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the triggers anew. Safe to run at any time."""
    rules = list(rules)
    take_down(rules, using)
    connection = connections[using]
    with connection.cursor() as cursor:
        for rule in _existing(connection, rules):
            for statement in statements(rule, connection.vendor):
                # Without parameters, so that a % in a rule stays a %.
                cursor.execute(statement, None)


_OPEN = (
    "SELECT 1 FROM training_datasetversion v "
    "WHERE v.number = NEW.{} AND v.status = 'open'"
)
_OPEN_OLD = _OPEN.format("in_from").replace("NEW.", "OLD.")
TRAINING_RULES = [
    *(
        Rule(*each)
        for each in [*ACCOUNT_RULES, *LOOSENING_RULES, *REVIEW_RULES, *TEXT_RULES]
    ),
    *append_only("training_auditevent"),
    *append_only("training_auditlink"),
    *append_only("training_review"),
    *append_only("training_caseoutcome"),
    *append_only("training_jobevent"),
    *append_only("training_autodecision"),
    *append_only("training_accessday"),
    append_only("training_caserevision")[0],  # who erases a case deletes it
    Rule(
        "training_accessentry_only_counts",
        "training_accessentry",
        "UPDATE",
        "an entry of the access log only counts on, within its hour",
        refuse_if="NEW.count <= OLD.count OR NEW.last_at < OLD.last_at OR "
        "NEW.last_at >= OLD.until OR "
        + changed(
            "id",
            "kind",
            "hour",
            "until",
            "slot",
            "key",
            "person_id",
            "name",
            "token",
            "address",
            "route",
            "subject_type",
            "subject_id",
            "subject_label",
            "cases",
            "request_id",
            "first_at",
            "keep_until",
        ),
    ),
    Rule(
        "training_accessentry_kept_as_promised",
        "training_accessentry",
        "DELETE",
        "an entry of the access log is deleted only when its time is over",
        refuse_if="OLD.keep_until >= CURRENT_DATE",
    ),
    Rule(
        "training_case_blind_stays",
        "training_case",
        "UPDATE",
        "whether a case is blind is decided once, when it comes in",
        refuse_if=changed("blind"),
    ),
    Rule(
        "training_budgetentry_no_delete",
        "training_budgetentry",
        "DELETE",
        "a budget entry is never deleted; it is settled",
    ),
    Rule(
        "training_sample_enters_open_version",
        "training_sample",
        "INSERT",
        "a sample can only enter an open dataset version",
        refuse_if=f"NEW.in_from IS NOT NULL AND NOT EXISTS ({_OPEN.format('in_from')})",
        lock=_OPEN.format("in_from").removeprefix("SELECT ") + " FOR SHARE",
    ),
    Rule(
        "training_sample_leaves_in_open_version",
        "training_sample",
        "UPDATE",
        "a sample can only leave in an open dataset version",
        refuse_if="NEW.in_until {differs} OLD.in_until AND NOT EXISTS "
        f"({_OPEN.format('in_until')})",
        lock=_OPEN.format("in_until").removeprefix("SELECT ") + " FOR SHARE",
    ),
    # Auto parks what is still within its undo window while it freezes a version.
    Rule(
        "training_sample_is_parked_from_open_version",
        "training_sample",
        "UPDATE",
        "a sample can only be taken out of an open dataset version",
        refuse_if="NEW.in_from {differs} OLD.in_from AND OLD.in_from IS NOT NULL "
        f"AND (NEW.in_from IS NOT NULL OR NOT EXISTS ({_OPEN_OLD}))",
        lock=_OPEN_OLD.removeprefix("SELECT ") + " FOR SHARE",
    ),
    Rule(
        "training_sample_returns_to_open_version",
        "training_sample",
        "UPDATE",
        "a sample can only enter an open dataset version",
        refuse_if="NEW.in_from {differs} OLD.in_from AND NEW.in_from IS NOT NULL "
        f"AND NOT EXISTS ({_OPEN.format('in_from')})",
        lock=_OPEN.format("in_from").removeprefix("SELECT ") + " FOR SHARE",
    ),
    Rule(
        "training_sample_content_stays",
        "training_sample",
        "UPDATE",
        "a sample is immutable; it can only be withdrawn, once",
        refuse_if="OLD.withdrawn_at IS NOT NULL OR "
        + changed(
            "id",
            "case_id",
            "review_id",
            "instruction",
            "input",
            "output",
            "facts",
            "decision",
            "facts_sha256",
            "held_out",
            "gate_status",
            "gate_checks",
            "source",
            "created_at",
            "salt",
        ),
    ),
    Rule(
        "training_sample_no_delete",
        "training_sample",
        "DELETE",
        "a sample is never deleted; withdraw its approval",
    ),
    Rule(
        "training_datasetversion_starts_open",
        "training_datasetversion",
        "INSERT",
        "a dataset version starts open",
        refuse_if="NEW.status <> 'open'",
    ),
    Rule(
        "training_datasetversion_sealed_stays",
        "training_datasetversion",
        "UPDATE",
        "a sealed dataset version is immutable",
        refuse_if="OLD.status = 'sealed' OR "
        "(OLD.status = 'sealing' AND NEW.status = 'open') OR "
        "(OLD.status = 'open' AND NEW.status = 'sealed') OR "
        "(OLD.status = 'sealing' AND NEW.frozen_at {differs} OLD.frozen_at) OR "
        + changed("id", "number"),
    ),
    Rule(
        "training_datasetversion_no_delete",
        "training_datasetversion",
        "DELETE",
        "a dataset version is never deleted",
    ),
]
