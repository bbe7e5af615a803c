"""Who did what, when: append-only, chained by hash once committed."""

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from preciso import action_origin, request_id
from preciso.clock import DatabaseNow
from training.records import DeletedRow, records_of

Actor = User | None  # None: the system itself


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Reading the audit trail, and the one way of adding to it."""

    def record(
        self,
        action: str,
        *,
        actor: Actor,
        subject: models.Model,
        records: Iterable[models.Model | DeletedRow] = (),
        **detail: Any,
    ) -> "AuditEvent":
        """Write one event; call it inside the transaction of what it tells.

        ``actor`` None means the system itself. ``detail`` must be JSON-able.
        ``records`` are the protected rows that were written, as they are now in the
        database: write them first, for the event hashes them.
        """
        origin = action_origin.current()
        return self.create(
            action=action,
            actor=actor,
            actor_label=actor.get_username() if actor else "system",
            subject_type=subject._meta.model_name or "",
            subject_id=str(subject.pk),
            subject_label=label_of(subject),
            detail=detail,
            records=records_of(records),
            request_id=request_id.current(),
            via=origin.via,
            token=origin.token,
        )

    def about(self, subject: models.Model) -> Self:
        return self.filter(
            subject_type=subject._meta.model_name, subject_id=str(subject.pk)
        )

    def unchained(self) -> Self:
        return self.filter(link=None).order_by("pk")

    def for_table(self) -> Self:
        return self.select_related("actor", "link").order_by("-pk")


def label_of(subject: models.Model) -> str:
    """What a record calls a row: in English, whoever acts."""
    with translation.override("en"):
        return str(subject)[:200]


class AuditEvent(models.Model):
    """One thing that happened. Triggers refuse every UPDATE and DELETE."""

    at = models.DateTimeField(db_default=DatabaseNow(), db_index=True, editable=False)
    action = models.CharField(max_length=60, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    actor_label = models.CharField(max_length=150)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    subject_label = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    records = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text=_("The protected rows that it wrote, each with its hash."),
    )
    request_id = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        help_text=_("What one click did has one; empty for the system's own doing."),
    )

    via = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text=_("The way it came in; empty for what is older than this column."),
    )
    token = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text=_("How the API token begins that was shown; empty without one."),
    )

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        permissions = [("export_auditevent", _("Can export the audit trail"))]
        indexes = [
            models.Index(fields=["actor_label", "-id"], name="auditevent_person"),
            models.Index(
                fields=["request_id"],
                name="auditevent_request",
                condition=~Q(request_id=""),
            ),
            models.Index(
                fields=["subject_type", "subject_id"], name="auditevent_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.subject_label}"


class AuditLink(models.Model):
    """The place of one committed event in the hash chain.

    Links are made by the sealer in the order in which it met the events. Rows are
    append-only like the events; ``position`` has no gaps, so a missing link shows.
    """

    position = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, related_name="link"
    )
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit chain link")
        verbose_name_plural = _("audit chain links")

    def __str__(self) -> str:
        return f"#{self.position} {self.hash[:12]}"
