"""Who a program signs in as: a token of one's own, or a service account."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from mlops.pages.settings.people_forms import RolesForm
from preciso import limits
from training.models.accounts import SUFFIX, name_of
from training.services.people.tokens import DEFAULT_DAYS


class SignsInAs(forms.ModelChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return name_of(obj)


class TokenForm(forms.Form):
    """Who the token signs in as, for how long, and with which rights.

    Longer than usual, or for ever, has to be said twice: by the days and by the box.
    """

    name = forms.CharField(label=_("What it is for"), max_length=limits.TOKEN_NAME)
    user = SignsInAs(
        label=_("Signs in as"),
        queryset=User.objects.none(),
        help_text=_("You, or a service account that may no more than you."),
    )
    days = forms.IntegerField(
        label=_("Valid for days"),
        min_value=1,
        max_value=3650,
        required=False,
        initial=DEFAULT_DAYS,
        help_text=_("Empty, with the box below: until it is revoked."),
    )
    scope = forms.ChoiceField(
        label=_("May do"),
        choices=[
            ("", _("everything this person may")),
            ("read", _("only read")),
            ("predict", _("only ask for predictions")),
            ("add_case", _("only post cases")),
        ],
        required=False,
    )
    lasting = forms.BooleanField(
        label=_("Longer than 90 days, or for ever"),
        required=False,
        help_text=_(
            "Whoever finds such a token acts in this name until somebody notices."
        ),
    )

    def __init__(self, *args: Any, by: User, **options: Any) -> None:
        super().__init__(*args, **options)
        mine = User.objects.filter(pk=by.pk)
        programs = User.objects.filter(username__iendswith=SUFFIX, is_active=True)
        field = self.fields["user"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = (mine | programs).order_by("username")
            field.initial = by

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("lasting") or "days" in self.errors:
            return data
        data["days"] = data.get("days") or DEFAULT_DAYS
        if data["days"] > DEFAULT_DAYS:
            self.add_error("days", _("Tick the box if it really is to last so long."))
        return data


class AccountForm(RolesForm):
    """A program that signs in: its name, what it is for, who answers for it."""

    account = forms.CharField(
        label=_("Name of the program"),
        max_length=limits.ACCOUNT_NAME,
        help_text=_("It is shown with @service behind it, everywhere."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    purpose = forms.CharField(label=_("What it is for"), max_length=limits.PURPOSE)
    owner = SignsInAs(label=_("Owner"), queryset=User.objects.none())
    field_order = ("account", "purpose", "owner", "roles")

    def __init__(self, *args: Any, by: User, **options: Any) -> None:
        super().__init__(*args, **{**options, "auto_id": "id_account_%s"})
        field = self.fields["owner"]
        if isinstance(field, forms.ModelChoiceField):
            people = User.objects.filter(is_active=True)
            field.queryset = people.exclude(username__iendswith=SUFFIX)
            field.initial = by
