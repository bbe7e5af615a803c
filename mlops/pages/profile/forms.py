"""What a person chooses for themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from mlops.pages.shared.preferences import preferences_of, time_zones
from preciso import limits
from preciso.form_bounds import bound

ELSEWHERE = _("Others")
REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}


def _languages() -> list[tuple[str, Any]]:
    languages = [
        (code, get_language_info(code)["name_local"])
        for code, _name in settings.LANGUAGES
    ]
    return [("", _("As the browser asks for")), *languages]


def _zones() -> list[tuple[Any, Any]]:
    """The zones under their parts of the world; first, to take the company's."""
    regions: dict[str, list[tuple[str, str]]] = {name: [] for name in REGIONS}
    for zone in sorted(time_zones()):
        region, _slash, place = zone.partition("/")
        if place and region in regions:
            regions[region].append((zone, place.replace("_", " ")))
    company = _("The company's: %(zone)s") % {"zone": settings.TIME_ZONE}
    return [
        ("", company),
        *((REGIONS[name], places) for name, places in regions.items() if places),
        (ELSEWHERE, [("UTC", "UTC")]),
    ]


class ProfileForm(forms.Form):
    """How a person is called, and in which language and by which clock they read."""

    name = forms.CharField(
        label=_("Name as shown"),
        max_length=limits.PERSON_NAME,
        required=False,
        help_text=_("Empty: your user name is shown."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=_languages
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=_zones,
        help_text=_(
            "Times on pages follow it. The rules' hours and the schedule stay in the "
            "company's."
        ),
    )

    @classmethod
    def of(cls, person: User) -> "ProfileForm":
        """Filled with the person's name and preferences as they are."""
        preferences = preferences_of(person)
        return cls(
            initial={
                "name": person.get_full_name(),
                "language": preferences.language,
                "time_zone": preferences.time_zone,
            }
        )


class OwnPasswordForm(PasswordChangeForm):
    """Django's, with a bound: what is chosen has to fit the sign-in page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        for name in ("new_password1", "new_password2"):
            bound(self.fields[name], limits.PASSWORD)
