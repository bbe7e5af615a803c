"""Asking the database for what it must refuse."""

import pytest
from django.db import IntegrityError, connection, transaction


def refuses(action):
    """Whether the database refused; the rest of the test goes on."""
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


def run_sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
