"""A rule of the database that is gone is told by the web process that starts."""

import pytest

from tests.services import accepts_connections, free_port, wait_until

pytestmark = pytest.mark.long

DROP = """
from training.dbrules import TRAINING_RULES, take_down
name = "training_auditevent_no_update"
take_down([rule for rule in TRAINING_RULES if rule.name == name])
"""
START = """
from training.services.audit.rule_watch import watch_web_rules
watch_web_rules().join()
"""
TOLD = (
    "SELECT CAST(detail AS text) FROM training_auditevent "
    "WHERE action = 'audit.rules_missing'"
)
PROCESSES = 4


def test_many_processes_that_start_find_it_and_one_tells(installation):
    installation.run(DROP)

    started = [installation.start(START) for _ in range(PROCESSES)]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, said

    ((detail,),) = installation.rows(TOLD)
    assert "training_auditevent_no_update" in detail


def test_a_web_process_tells_it_without_any_worker(installation):
    assert not installation.rows(TOLD)
    installation.run(DROP)
    port = free_port()
    installation.start_web(port)
    wait_until(lambda: accepts_connections(port), what="listening")

    wait_until(lambda: installation.rows(TOLD), what="the event")
