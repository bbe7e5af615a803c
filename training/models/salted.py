"""Rows whose hash the audit trail tells, and whose content can be guessed."""

from django.db import models

from training.salts import new_salt


class Salted(models.Model):
    """Part of the row's record, and never shown: it goes when the row is erased.

    Empty in rows from before salts; their hashes are as they were.
    """

    salt = models.CharField(
        max_length=32, blank=True, default=new_salt, db_default="", editable=False
    )

    class Meta:
        abstract = True
