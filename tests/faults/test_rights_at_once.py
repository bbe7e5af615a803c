"""Many administrators change the same person at once: no change looks like SQL's."""

import pytest

pytestmark = pytest.mark.long

BEGIN = """
from django.contrib.auth.models import User
from training.services.audit import record_coverage
from training.services.people import user_accounts
record_coverage.introduce_records()
while record_coverage.cover_records():
    pass
user_accounts.add_person("vera", by=User.objects.get(username="alice"))
"""
CHANGE = """
from itertools import cycle
from django.contrib.auth.models import Group, User
from training.errors import DomainError
from training.services.people import user_accounts
alice, vera = (User.objects.get(username=name) for name in ("alice", "vera"))
every = Group.objects.order_by("pk")
roles = cycle([[], list(every.filter(name="Viewer")), list(every)])
verbs = {
    "roles": lambda: user_accounts.change_roles(vera, next(roles), by=alice),
    "off": lambda: user_accounts.switch_off(vera, by=alice),
    "on": lambda: user_accounts.switch_on(vera, by=alice),
}
for _again in range(15):
    try:
        verbs["%s"]()
    except DomainError as refusal:
        print(refusal)
"""
SEAL = """
from training.services.audit.chain import chain_events
for _again in range(60):
    chain_events()
"""
VERIFY = """
from training.models import AuditEvent
from training.services.audit.chain import chain_events
from training.services.audit.chain_check import verify_chain
chain_events()
told = AuditEvent.objects.filter(action__startswith="person.").count()
answer = [verify_chain().problem, told]
"""


def test_each_change_continues_the_one_before_it(installation):
    installation.run(BEGIN)

    started = [installation.start(CHANGE % verb) for verb in ("roles", "off", "on")]
    started += [installation.start(CHANGE % "roles"), installation.start(SEAL)]
    said = [process.communicate(timeout=120)[0] for process in started]

    assert [process.returncode for process in started] == [0] * len(started), said
    problem, told = installation.run(VERIFY)
    assert problem == ""
    assert told > 15
