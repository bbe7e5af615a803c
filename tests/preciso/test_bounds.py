"""Every text and list that a program may send has a bound, and the document says it."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from rest_framework import serializers

from preciso import limits
from preciso.api_fields import Body, Document, Id
from training.api.auto import PolicyIn
from training.api.imports import ImportQuery
from training.models import TrainingPolicy

import_module(settings.ROOT_URLCONF)  # with it every view, and so every body


def bodies(base: type = Body) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from bodies(each)


def is_closed(field) -> bool:
    """Whether what it holds is one of a few, or a number."""
    return isinstance(field, serializers.ChoiceField | serializers.IntegerField)


# The first kind that fits says whether the field has a bound.
BOUNDED = [
    (serializers.ListSerializer, lambda field: field.max_length is not None),
    (
        serializers.ListField,
        lambda field: field.max_length is not None or is_closed(field.child),
    ),
    (serializers.Serializer, lambda _field: True),
    (Document, lambda field: field.max_bytes > 0),
    (serializers.DictField, lambda field: is_closed(field.child)),
    (serializers.JSONField, lambda _field: False),
    (Id, lambda _field: True),  # `as_id` reads nineteen digits
    (serializers.RegexField, lambda _field: True),  # of a stated length
    (serializers.CharField, lambda field: field.max_length is not None),
    (serializers.Field, lambda _field: True),
]


def unbounded(field, name: str) -> Iterator[str]:
    if not next(bounds(field) for kind, bounds in BOUNDED if isinstance(field, kind)):
        yield name
    inner = getattr(field, "child", field)
    for below, each in getattr(inner, "fields", {}).items():
        yield from unbounded(each, f"{name}.{below}")
    if isinstance(field, serializers.ListField):
        yield from unbounded(field.child, f"{name}[]")


@pytest.mark.parametrize(
    "body", [*bodies(), ImportQuery], ids=lambda body: body.__name__
)
def test_every_field_that_comes_in_is_bounded(body):
    assert list(unbounded(body(), body.__name__)) == []


def test_the_arguments_of_a_trainer_fit_a_variable_of_its_environment():
    longest_variable = 128 * 1024  # MAX_ARG_STRLEN of Linux
    assert limits.ARGUMENTS + len("PRECISO_TRAINING_ARGS=") < longest_variable


def test_a_rule_in_a_body_is_bounded_as_its_column_is():
    """Else the document allows what the policy refuses."""
    fields = {field.name: field for field in TrainingPolicy._meta.concrete_fields}
    looser = []
    for name, field in PolicyIn().fields.items():
        for bound in getattr(fields.get(name), "validators", ()):
            if isinstance(bound, MaxValueValidator):
                looser += [name] if field.max_value > bound.limit_value else []
            elif isinstance(bound, MinValueValidator):
                looser += [name] if field.min_value < bound.limit_value else []

    assert looser == []
