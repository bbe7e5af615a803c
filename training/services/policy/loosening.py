"""Loosening a four-eyes rule takes two people: one asks, another one confirms.

Tightening takes one, at once (``policies.change_policy``). An operator on the server
loosens alone, on record as such: the way out where nobody else holds the right.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from preciso import clock
from preciso.clock import DatabaseNow
from training.choices import FourEyesRule, LooseningStatus
from training.errors import Forbidden, NotAllowedNow, StaleState
from training.models import AuditEvent, Loosening, TrainingPolicy
from training.models.audit import Actor
from training.models.loosening import CONFIRM_WITHIN
from training.services.people.actor_checks import asks_password, require_a_person
from training.services.people.password_ties import (
    Links,
    password_links,
    people_tied_by_passwords,
)
from training.services.people.roles import people_who_may
from training.services.policy.policies import (
    SECOND_PERSON,
    apply_changes,
    change_policy,
    is_looser,
    locked_policy,
    loosen_policy,
    policy,
)
from training.values import checked_text, stated_reason

RIGHT = "training.change_trainingpolicy"
NOBODY = "nobody_to_confirm"


def who_could_confirm(asked_by: User) -> QuerySet[User]:
    """Everybody else with the right to change the rules; no program, and nobody who may
    be the same person."""
    links = password_links(clock.database_now())
    return people_who_may(RIGHT).exclude(
        pk__in=barred_from_confirming(asked_by.pk, links)
    )


def barred_from_confirming(asked_by: int, links: Links) -> set[int]:
    """The ids of who asks, and of everybody who may be the same person (ADR 47)."""
    return {asked_by, *people_tied_by_passwords(asked_by, links)}


@transaction.atomic
def change_and_ask(*, by: User, reason: str, **changes: Any) -> list[Loosening]:
    """Change at once what one person may, and ask for what takes two.

    Returns what waits for another person. Raises as ``change_policy`` and
    ``ask_to_loosen``; then nothing was written.
    """
    held = locked_policy()
    looser = {
        rule: changes.pop(rule)
        for rule in FourEyesRule.values
        if rule in changes and is_looser(changes[rule], than=getattr(held, rule))
    }
    change_policy(by=by, **changes)
    return [
        ask_to_loosen(FourEyesRule(rule), by=by, reason=reason, to=value)
        for rule, value in looser.items()
    ]


@asks_password
@transaction.atomic
def ask_to_loosen(
    rule: FourEyesRule, *, by: User, reason: str, to: Any = None
) -> Loosening:
    """Ask that a rule may be switched off or, with ``to``, its share be raised.

    Asking for the same again gives the request that waits already. Raises InvalidInput
    without a reason, NotAllowedNow where it would not be looser, another request waits
    for this rule, or nobody else could confirm it; Forbidden unless a person asks.
    """
    require_a_person(by)
    if not who_could_confirm(by).exists():
        raise NotAllowedNow(
            _(
                "Nobody else could confirm it: only you may change these rules, or one "
                "of you made the other's password in the last seven days. Give "
                "somebody else the right; or whoever runs the server loosens the rule "
                "there."
            ),
            code=NOBODY,
        )
    request = _checked_request(rule, reason, to)
    now = clock.database_now()
    _let_expire(now)
    known = Loosening.objects.for_table().undecided().filter(rule=rule).first()
    if known is not None:
        if (known.share_from, known.share_to) != (request.share_from, request.share_to):
            raise NotAllowedNow(
                _(
                    "Another loosening of this rule waits already; it has to be "
                    "confirmed or declined first."
                )
            )
        return known
    request.asked_by, request.status = by, LooseningStatus.ASKED
    request.save(force_insert=True)
    request.refresh_from_db()
    _record("policy.loosening_asked", request, by, reason=request.reason)
    return request


@asks_password
def confirm_loosening(loosening: Loosening, *, by: User, answer: str = "") -> None:
    """Loosen the rule, in the names of both.

    Raises Forbidden for who asked, who may be the same and who is no person, StaleState
    where it was decided or the rule changed since, NotAllowedNow where it is too late.
    """
    require_a_person(by)
    checked_text(answer, "answer")
    _require_another(loosening, by)
    with transaction.atomic():
        held = locked_policy()
        if loosening.confirm_until <= clock.database_now():
            raise NotAllowedNow(_("It is too late to confirm this; ask for it anew."))
        if getattr(held, loosening.rule) != loosening.before:
            raise StaleState(_("The rule was changed since this was asked; ask anew."))
        loosening.move(LooseningStatus.CONFIRMED, decided_by=by, answer=answer)
        _apply(loosening, held, by)
        who = loosening.asked_by.get_username() if loosening.asked_by else ""
        _record(
            "policy.loosening_confirmed", loosening, by, asked_by=who, reason=answer
        )


@transaction.atomic
def decline_loosening(loosening: Loosening, *, by: User, answer: str = "") -> None:
    """The rule stays; the person who asked may take it back so. Raises StaleState."""
    require_a_person(by)
    checked_text(answer, "answer")
    loosening.move(LooseningStatus.DECLINED, decided_by=by, answer=answer)
    who = loosening.asked_by.get_username() if loosening.asked_by else ""
    _record("policy.loosening_declined", loosening, by, asked_by=who, reason=answer)


def let_expire() -> None:
    """What nobody confirmed in time is over; a round of the worker."""
    if Loosening.objects.too_late(clock.database_now()).exists():
        with transaction.atomic():
            _let_expire(clock.database_now())


@transaction.atomic
def loosen_on_server(
    rule: FourEyesRule, *, reason: str, account: str, to: Any = None
) -> Loosening:
    """For who runs the server, where no second person can confirm; by one, on record.

    ``account`` is who they are to the machine. Raises InvalidInput, NotAllowedNow where
    it would not be looser.
    """
    loosening = _checked_request(rule, reason, to)
    loosening.status, loosening.decided_at = LooseningStatus.ON_SERVER, DatabaseNow()
    loosening.save(force_insert=True)
    _apply(loosening, locked_policy(), None)
    _record(
        "policy.loosened_on_server",
        loosening,
        None,
        reason=loosening.reason,
        account=account,
    )
    return loosening


def _checked_request(rule: FourEyesRule, reason: str, to: Any) -> Loosening:
    """The request, checked against the rules as they are. Not saved."""
    reason = stated_reason(reason, _("Say why the rule should be loosened."))
    has_share = rule == FourEyesRule.CONFLICT_SHARE
    value = to if has_share else False
    held = getattr(locked_policy(), rule)
    apply_changes(policy(), {rule.value: value})  # is it a share?
    if not is_looser(value, than=held):
        raise NotAllowedNow(_("That does not loosen the rule; just change it."))
    return Loosening(
        rule=rule,
        share_from=held if has_share else None,
        share_to=value if has_share else None,
        reason=reason,
    )


def _require_another(loosening: Loosening, by: User) -> None:
    if by.pk == loosening.asked_by_id:
        raise Forbidden(
            _("You asked for this yourself; another person must confirm it."),
            code=SECOND_PERSON,
        )
    links = password_links(clock.database_now())
    if loosening.asked_by_id in people_tied_by_passwords(by.pk, links):
        raise Forbidden(
            _(
                "One of you made the other's password in the last seven days, or one "
                "person made both; somebody else must confirm it."
            ),
            code=SECOND_PERSON,
        )


def _apply(loosening: Loosening, held: TrainingPolicy, by: Actor) -> None:
    loosen_policy(held, FourEyesRule(loosening.rule), loosening.after, by)
    Loosening.objects.filter(pk=loosening.pk).update(applied_at=DatabaseNow())
    loosening.refresh_from_db()


def _let_expire(now: datetime) -> None:
    for late in Loosening.objects.too_late(now).select_for_update():
        late.move(LooseningStatus.EXPIRED)
        _record("policy.loosening_expired", late, None)


def _record(what: str, about: Loosening, by: Actor, **details: str) -> None:
    AuditEvent.objects.record(
        what,
        actor=by,
        subject=about,
        records=[about],
        before={about.rule: about.before},
        after={about.rule: about.after},
        **details,
    )


__all__ = [
    "CONFIRM_WITHIN",
    "NOBODY",
    "RIGHT",
    "ask_to_loosen",
    "barred_from_confirming",
    "change_and_ask",
    "confirm_loosening",
    "decline_loosening",
    "let_expire",
    "loosen_on_server",
    "who_could_confirm",
]
