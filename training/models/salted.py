"""Rows whose hash the audit trail tells, and whose content can be guessed."""

from django.db import models

from training.salts import new_salt


class Salted(models.Model):
    """A row with a random ``salt``, which goes into the hash of its record.

    It is never shown, and goes when the row is erased: then nobody can find out by
    trying what the row had said. Empty in rows from before salts; their hashes are as
    they were.
    """

    salt = models.CharField(
        max_length=32, blank=True, default=new_salt, db_default="", editable=False
    )

    class Meta:
        abstract = True
