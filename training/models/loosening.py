"""A four-eyes rule is to be loosened: one person asks, another one confirms."""

from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from preciso.clock import DatabaseNow
from training.choices import FourEyesRule, LooseningStatus
from training.errors import StaleState

CONFIRM_WITHIN = timedelta(days=7)  # {week_ago} of the rules of the database
BY_A_PERSON = Q(decided_by__isnull=False, decided_at__isnull=False)
BY_ITSELF = Q(decided_by=None, decided_at__isnull=False)
DECISIONS: dict[LooseningStatus, Q] = {  # each status, and who must have decided
    LooseningStatus.ASKED: Q(asked_by__isnull=False, decided_by=None, decided_at=None),
    LooseningStatus.CONFIRMED: Q(asked_by__isnull=False) & BY_A_PERSON,
    LooseningStatus.DECLINED: Q(asked_by__isnull=False) & BY_A_PERSON,
    LooseningStatus.EXPIRED: Q(asked_by__isnull=False) & BY_ITSELF,
    LooseningStatus.ON_SERVER: Q(asked_by=None) & BY_ITSELF,
}
HOLDS = (LooseningStatus.CONFIRMED, LooseningStatus.ON_SERVER)


class LooseningQuerySet(models.QuerySet["Loosening"]):
    def undecided(self) -> Self:
        return self.filter(status=LooseningStatus.ASKED)

    def waiting(self, now: datetime) -> Self:
        """Undecided, and not yet too late to confirm."""
        return self.undecided().filter(asked_at__gt=now - CONFIRM_WITHIN)

    def too_late(self, now: datetime) -> Self:
        return self.undecided().filter(asked_at__lte=now - CONFIRM_WITHIN)

    def for_table(self) -> Self:
        return self.select_related("asked_by", "decided_by").order_by("-pk")


class Loosening(models.Model):
    """A four-eyes rule switched off, or its share raised: asked for, and what became
    of it.

    ``share_from`` and ``share_to`` are of the rule that has a share; ``share_to`` None
    switches it off. ``asked_by`` None: an operator did it on the server, alone.
    ``applied_at``: the policy was changed by it, once.
    """

    rule = models.CharField(max_length=30, choices=FourEyesRule)
    share_from = models.FloatField(null=True, blank=True)
    share_to = models.FloatField(null=True, blank=True)
    reason = models.TextField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    asked_at = models.DateTimeField(db_default=DatabaseNow())
    status = models.CharField(
        max_length=10, choices=LooseningStatus, default=LooseningStatus.ASKED
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = LooseningQuerySet.as_manager()

    class Meta:
        verbose_name = _("loosening of a four-eyes rule")
        verbose_name_plural = _("loosenings of four-eyes rules")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="loosening_rule_is_known",
                condition=Q(rule__in=FourEyesRule.values),
            ),
            models.CheckConstraint(
                name="loosening_has_a_reason", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="loosening_decided_as_its_status_says",
                condition=reduce(
                    or_, (Q(status=status) & who for status, who in DECISIONS.items())
                ),
            ),
            models.CheckConstraint(
                name="loosening_confirmed_by_another_person",
                condition=~Q(status=LooseningStatus.CONFIRMED)
                | ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="loosening_applied_only_if_it_holds",
                condition=Q(applied_at=None) | Q(status__in=HOLDS),
            ),
            models.CheckConstraint(
                name="loosening_share_is_of_its_rule",
                condition=Q(share_from=None, share_to=None)
                & ~Q(rule=FourEyesRule.CONFLICT_SHARE)
                | Q(rule=FourEyesRule.CONFLICT_SHARE, share_from__isnull=False),
            ),
            models.CheckConstraint(
                name="loosening_loosens",
                condition=Q(share_to=None) | Q(share_to__gt=F("share_from")),
            ),
            models.UniqueConstraint(
                name="loosening_one_undecided_per_rule",
                fields=["rule"],
                condition=Q(status=LooseningStatus.ASKED),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_rule_display())

    @property
    def was(self) -> str:
        on = pgettext("a rule", "on")
        return on if self.share_from is None else _percent(self.share_from)

    @property
    def becomes(self) -> str:
        off = pgettext("a rule", "off")
        return off if self.share_to is None else _percent(self.share_to)

    @property
    def confirm_until(self) -> datetime:
        return self.asked_at + CONFIRM_WITHIN

    @property
    def before(self) -> Any:
        """What the policy says while it is not loosened."""
        has_share = self.rule == FourEyesRule.CONFLICT_SHARE
        return self.share_from if has_share else True

    @property
    def after(self) -> Any:
        """What the policy would say."""
        return self.share_to if self.rule == FourEyesRule.CONFLICT_SHARE else False

    def move(self, to: LooseningStatus, **changes: Any) -> None:
        """Decide it, once; of two racing callers exactly one succeeds. Raises
        StaleState."""
        undecided = Loosening.objects.undecided().filter(pk=self.pk)
        moved = undecided.update(status=to, decided_at=DatabaseNow(), **changes)
        self.refresh_from_db()
        if not moved:
            raise StaleState(gettext("Somebody has decided this already; look again."))


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
