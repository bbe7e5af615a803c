"""The training policy: reading it, and changing it with before and after kept."""

from collections.abc import Callable
from copy import copy
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from preciso import clock
from preciso.request_cache import read_once
from training.choices import FourEyesRule
from training.errors import DomainError, InvalidInput, NotAllowedNow
from training.models import AuditEvent, TrainingPolicy
from training.models.audit import Actor
from training.schedules import check_schedule

SYSTEM_FIELDS = ("id", "updated_at", "batch_schedule_since")
POLICY_FIELDS = tuple(
    field.name
    for field in TrainingPolicy._meta.concrete_fields
    if field.name not in SYSTEM_FIELDS
)
SECOND_PERSON = "second_person_needed"
LOOSENED = gettext_noop(
    "Two people loosen a four-eyes rule, here “%(rule)s”: ask for it with a reason, "
    "and another person confirms it. Nothing was changed."
)
CHECKED: dict[str, Callable[[Any], Any]] = {"batch_schedule": check_schedule}


PolicyAndTime = tuple[TrainingPolicy, datetime]


def policy() -> TrainingPolicy:
    """The caller's own copy: a form writes into it what was typed."""
    return copy(_stored_policy())


@read_once
def _stored_policy() -> TrainingPolicy:
    return TrainingPolicy.objects.get()


def policy_and_time() -> PolicyAndTime:
    """The policy, and what the database's clock said as it was read; one statement."""
    row = TrainingPolicy.objects.annotate(read_at=clock.DatabaseNow()).get()
    return row, row.read_at


def locked_policy() -> TrainingPolicy:
    """The row, held until the transaction ends: who has it decides and spends alone."""
    return TrainingPolicy.objects.select_for_update().get()


def is_enabled(policy: TrainingPolicy) -> bool:
    """The settings page's word, else the environment's."""
    if policy.auto_enabled is None:
        return bool(settings.AUTO_TRAIN_ON_APPROVAL)
    return policy.auto_enabled


def switched_by(policy: TrainingPolicy) -> str:
    return "environment" if policy.auto_enabled is None else "policy"


@transaction.atomic
def change_policy(*, by: Actor, **changes: Any) -> TrainingPolicy:
    """Set fields of the policy; audited with before and after.

    Raises InvalidInput naming the field, and NotAllowedNow where a four-eyes rule would
    be loosened, for which two people are needed; then nothing was changed.
    """
    row = locked_policy()
    held = {rule: getattr(row, rule) for rule in FourEyesRule}
    before = _values(row, changes)
    apply_changes(row, changes)
    for rule, was in held.items():
        if is_looser(getattr(row, rule), than=was):
            refusal = _(LOOSENED) % {"rule": rule.label}
            raise NotAllowedNow(refusal, code=SECOND_PERSON)
    _save(row, before, by)
    return row


def loosen_policy(row: TrainingPolicy, rule: FourEyesRule, to: Any, by: Actor) -> None:
    """Set a four-eyes rule of the locked row, as ``services.loosening`` has found that
    it may be; the database looks as well."""
    before = _values(row, {rule: to})
    apply_changes(row, {rule.value: to})
    _save(row, before, by)


def is_looser(value: Any, *, than: Any) -> bool:
    """Of a four-eyes rule: off is looser than on, a higher share than a lower one."""
    if than is None or than is False:
        return False
    return value is None or value is False or bool(value > than)


def _save(row: TrainingPolicy, before: dict[str, Any], by: Actor) -> None:
    after = _values(row, before)
    if before != after:
        row.updated_at = clock.database_now()
        row.save()
        AuditEvent.objects.record(
            "policy.changed",
            actor=by,
            subject=row,
            records=[row],
            before=before,
            after=after,
        )


def apply_changes(row: TrainingPolicy, changes: dict[str, Any]) -> None:
    """Set fields of a row in memory, all of them checked.

    Raises InvalidInput, and NotAllowedNow where they do not go together.
    """
    unknown = sorted(set(changes) - set(POLICY_FIELDS))
    if unknown:
        raise InvalidInput(_("The policy has no %(names)s.") % {"names": unknown[0]})
    had = row.batch_schedule
    for name, value in changes.items():
        check = CHECKED.get(name)
        setattr(row, name, check(value) if check else value)
    if row.batch_schedule != had:  # what was due before it was set is not made up for
        row.batch_schedule_since = clock.database_now() if row.batch_schedule else None
    try:
        row.full_clean()
    except ValidationError as refusal:
        raise _refusal(row, refusal) from refusal


def _refusal(row: TrainingPolicy, refusal: ValidationError) -> DomainError:
    """Of one field, or of what it says beside the others."""
    name, problems = next(iter(refusal.message_dict.items()))
    if name == NON_FIELD_ERRORS:
        return NotAllowedNow(problems[0], code="rules_conflict")
    fields = {field.name: field for field in row._meta.concrete_fields}
    return InvalidInput(f"{fields[name].verbose_name}: {problems[0]}")


def _values(row: TrainingPolicy, names: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names if name in POLICY_FIELDS}


def _plain(value: Any) -> Any:
    """As the audit trail and the API write it: hours and prices are text."""
    if isinstance(value, time):
        return value.isoformat("minutes")
    return str(value) if isinstance(value, Decimal) else value
