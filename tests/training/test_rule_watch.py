"""Rules not in force are found by their text, told, and put up with a trace."""

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from mlops.health import run_checks
from tests.apis import Api, person
from training.dbrules import TRAINING_RULES, put_up, take_down
from training.models import AuditEvent
from training.rule_findings import findings, known_rules
from training.services.audit.rule_watch import RULES_MISSING, RULES_PUT_UP, watch_rules

pytestmark = pytest.mark.django_db
RULE = next(
    rule for rule in TRAINING_RULES if rule.name == "training_auditevent_no_update"
)


@pytest.fixture(autouse=True)
def _put_up_again():
    yield
    put_up(known_rules())


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def replace_by_one_that_refuses_nothing():
    take_down([RULE])
    if connection.vendor == "sqlite":
        run(
            f"CREATE TRIGGER {RULE.name} BEFORE UPDATE ON {RULE.table} "
            "FOR EACH ROW WHEN 1 = 2 BEGIN SELECT 1; END"
        )
        return
    run(
        f"CREATE OR REPLACE FUNCTION {RULE.name}() RETURNS trigger AS "
        "$$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {RULE.name} BEFORE UPDATE ON {RULE.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {RULE.name}()",
    )


def is_red():
    return any(c.key == "database_rules" and c.blocks for c in run_checks())


def test_all_rules_of_a_fresh_database_are_in_force():
    assert findings(known_rules()) == {}
    assert len(known_rules()) > len(TRAINING_RULES)
    assert watch_rules() == {}
    assert not AuditEvent.objects.exists()
    assert not is_red()


def test_a_dropped_rule_is_told_once_and_red_until_it_is_put_up():
    take_down([RULE])
    assert watch_rules() == watch_rules() == {RULE.name: "missing"}
    event = AuditEvent.objects.get()
    assert (event.action, event.detail) == (
        RULES_MISSING,
        {"rules": {RULE.name: "missing"}},
    )
    assert is_red()


def test_the_setup_check_that_finds_it_tells_the_trail_once():
    take_down([RULE])
    assert is_red()
    assert is_red()
    assert AuditEvent.objects.get().action == RULES_MISSING


def test_who_happens_to_ask_is_not_said_to_have_done_it():
    caller = Api(person("Admin"))
    take_down([RULE])
    assert caller.get("status").status_code == 200
    event = AuditEvent.objects.get(action=RULES_MISSING)
    assert (event.actor, event.via, event.token) == (None, "system", "")


def test_the_check_is_red_where_it_cannot_be_written_down():
    take_down([RULE])

    def broken(execute, sql, params, many, context):
        if "INTO" in sql and "training_auditevent" in sql:
            raise OperationalError("read-only")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        assert is_red()
    assert not AuditEvent.objects.exists()


def test_what_is_put_up_and_dropped_again_is_told_again():
    take_down([RULE])
    watch_rules()
    call_command("migrate", verbosity=0)
    take_down([RULE])
    watch_rules()
    told = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(told) == [RULES_MISSING, RULES_PUT_UP, RULES_MISSING]


def test_a_rule_replaced_by_one_that_refuses_nothing_is_found():
    replace_by_one_that_refuses_nothing()
    assert watch_rules() == {RULE.name: "replaced"}
    assert is_red()


def test_a_rule_that_is_switched_off_is_found():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite cannot switch a trigger off")
    run(f"ALTER TABLE {RULE.table} DISABLE TRIGGER {RULE.name}")
    assert watch_rules() == {RULE.name: "replaced"}


def test_migrate_puts_them_up_and_leaves_a_trace():
    """The attack: drop the triggers, alter, and let migrate put them back."""
    person("Admin", "alice")
    take_down([RULE])
    replaced = next(rule for rule in TRAINING_RULES if rule != RULE)
    take_down([replaced])
    call_command("migrate", verbosity=0)
    assert findings(known_rules()) == {}
    event = AuditEvent.objects.get(action=RULES_PUT_UP)
    assert event.detail["rules"] == {RULE.name: "missing", replaced.name: "missing"}
    call_command("migrate", verbosity=0)
    assert AuditEvent.objects.filter(action=RULES_PUT_UP).count() == 1
