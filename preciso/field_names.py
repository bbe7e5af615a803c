"""Translated names of table columns, for models that give their fields no name.

Administrators see them in the Django admin. Django makes the name of a field's
identifier, in English. A translated name in each model would be a migration for every
change of a word, so the names are set once the app is ready. Translators get them from
the models themselves (`preciso.translations`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy


def unnamed_fields(models: Iterable[type[Model]]) -> Iterator[tuple[Any, str]]:
    """The fields whose name Django made itself, each with that English name."""
    for model in models:
        for field in model._meta.concrete_fields:
            name = field.name.replace("_", " ")
            if field.verbose_name == name:
                yield field, name


def name_fields(models: Iterable[type[Model]]) -> None:
    """Translate the names that Django made; call it once the app is ready."""
    for field, name in unnamed_fields(models):
        field.verbose_name = gettext_lazy(name)
