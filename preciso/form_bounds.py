"""A bound for a text of a form that Django made without one."""

from django import forms
from django.core.validators import MaxLengthValidator


def bound(field: forms.Field, limit: int) -> None:
    """At most so many characters: said to the browser, and checked."""
    field.validators = [*field.validators, MaxLengthValidator(limit)]
    field.widget.attrs["maxlength"] = limit
