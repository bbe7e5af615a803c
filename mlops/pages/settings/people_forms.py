"""Who is here, and in which roles."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from mlops.policy_text import ROLES
from preciso import limits


class RoleChoices(forms.ModelMultipleChoiceField):
    """Roles by the names people know them under, each a box to tick."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Group.objects.order_by("name"),
            widget=forms.CheckboxSelectMultiple,
            label=_("Roles"),
            required=False,
            **options,
        )

    def label_from_instance(self, role: Group) -> str:
        return str(ROLES.get(role.name, role.name))


class RolesForm(forms.Form):
    """Which roles a person is to have."""

    roles = RoleChoices()


class NewPersonForm(RolesForm):
    """Somebody new: a name to sign in with, a name to be called by, roles."""

    username = forms.CharField(
        label=_("User name"),
        max_length=limits.PERSON_NAME,
        help_text=_("For signing in: letters, digits and @ . + - _"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Name as shown"),
        max_length=limits.PERSON_NAME,
        required=False,
        help_text=_("Empty: the user name is shown."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("username", "name", "roles")
