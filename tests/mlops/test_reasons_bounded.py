"""A reason has its bound where the rule lives, whichever way it comes in."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlops.models import BreakGlass, ModelVersion, ServingPeriod
from mlops.predictor_cache import STORE
from mlops.serving import (
    break_glass,
    fallbacks,
    freezes,
    model_registry,
    off_switch,
    period_corrections,
    selection,
    withdrawals,
)
from preciso import limits
from preciso.clock import database_now
from tests.apis import a_model_version, a_sealed_version, person
from training.errors import InvalidInput
from training.models import ApiToken, AuditEvent, DatasetVersion, ServiceAccount
from training.services.audit import acceptance
from training.services.datasets import versions
from training.services.people import service_accounts, tokens

pytestmark = pytest.mark.django_db

LONG = "x" * (limits.TEXT + 1)


class Stage:
    def __init__(self, files):
        self.by, self.other = person("Admin"), person("Operator")
        sealed = a_sealed_version(self.by, size=3)
        self.first, self.second = (a_model_version(sealed, each) for each in files)
        for version in (self.first, self.second):
            selection.select_version(version, by=self.by)
        tomorrow = database_now() + timedelta(days=1)
        self.freeze = freezes.plan_freeze(
            name="Close",
            starts_at=tomorrow,
            ends_at=tomorrow + timedelta(days=1),
            by=self.by,
        )
        self.asked = BreakGlass.objects.create(
            model_version=self.first,
            freeze=self.freeze,
            requested_by=self.by,
            reason="Urgent.",
        )

    def freeze_called(self, name):
        ends_at = database_now() + timedelta(hours=1)
        return freezes.plan_freeze(name=name, ends_at=ends_at, by=self.by)


ACTS = {
    "select": lambda on, why: selection.select_version(on.first, by=on.by, reason=why),
    "roll back": lambda on, why: selection.roll_back(by=on.by, reason=why),
    "release": lambda on, why: selection.release_hold(by=on.by, reason=why),
    "stop": lambda on, why: off_switch.stop_serving(by=on.by, reason=why),
    "start": lambda on, why: off_switch.start_serving(by=on.by, reason=why),
    "name": lambda on, why: fallbacks.name_fallback(on.first, by=on.by, reason=why),
    "clear": lambda on, why: fallbacks.clear_fallback(on.first, by=on.by, reason=why),
    "fallback": lambda on, why: fallbacks.switch_to_fallback(by=on.by, reason=why),
    "quarantine": lambda on, why: model_registry.quarantine(
        on.first, by=on.by, reason=why
    ),
    "lift": lambda on, why: model_registry.release_quarantine(
        on.first, by=on.by, reason=why
    ),
    "accept": lambda on, why: withdrawals.accept_withdrawn(
        on.first, by=on.by, reason=why
    ),
    "freeze": lambda on, why: on.freeze_called(why[: limits.NAME + 1]),
    "call off": lambda on, why: freezes.call_off_freeze(
        on.freeze, by=on.by, reason=why
    ),
    "ask": lambda on, why: break_glass.request_switch(on.first, by=on.by, reason=why),
    "confirm": lambda on, why: break_glass.confirm_switch(
        on.asked, by=on.other, answer=why
    ),
    "refuse": lambda on, why: break_glass.refuse_switch(
        on.asked, by=on.other, answer=why
    ),
    "put right": lambda on, why: period_corrections.put_periods_right(
        by=on.by, reason=why
    ),
    "accept head": lambda on, why: acceptance.accept_head(by=on.by, reason=why),
    "token": lambda on, why: tokens.create_token(
        on.by, by=on.by, name=why[: limits.TOKEN_NAME + 1]
    ),
    "account": lambda on, why: service_accounts.add_account(
        "robot", by=on.by, owner=on.by, purpose=why[: limits.LABEL + 1]
    ),
    "dataset": lambda on, why: versions.open_version(
        by=on.by, name=why[: limits.LABEL + 1]
    ),
}
WRITTEN = [AuditEvent, ApiToken, BreakGlass, DatasetVersion, ServiceAccount]
WRITTEN += [ModelVersion, ServingPeriod]


def rows():
    return [list(model.objects.order_by("pk").values()) for model in WRITTEN]


@pytest.fixture
def stage(two_model_directories):
    STORE.clear()
    return Stage(two_model_directories)


def test_no_service_takes_a_reason_beyond_the_bound(stage):
    before = rows()

    for name, act in ACTS.items():
        for text in (LONG, "a\0" * 10, "\ud800"):
            if text != LONG and name in {"token", "account", "dataset", "freeze"}:
                continue
            with pytest.raises(InvalidInput) as refused:
                act(stage, text)
            assert refused.value.status_code == 400, name
        with pytest.raises(InvalidInput, match=r"is longer than|at most"):
            act(stage, LONG)

    assert rows() == before


def test_a_reason_of_the_bound_is_kept_whole(stage):
    longest = f" {LONG[2:]}"
    assert len(longest) == limits.TEXT

    selection.roll_back(by=stage.by, reason=longest)
    period, _changed = off_switch.stop_serving(by=stage.by, reason=longest)

    assert period.reason == longest.strip()
    assert period.follows.reason == longest.strip()


def test_nor_does_a_command(stage):
    with pytest.raises(CommandError, match="is longer than 20000 characters"):
        call_command("stop_serving", reason=LONG)
    assert not selection.current_period().is_stopped
