"""Every act before which the password is asked: what is sent, and how it shows."""

import time
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from mlops.models import BreakGlass
from preciso import password_again
from tests.routes import ROUTES
from training.choices import FourEyesRule
from training.models import (
    ApiToken,
    ServiceAccount,
    TrainingPolicy,
)

AGAIN, PASSWORD = "/signin/again/", "a long one for ada"


RULE = FourEyesRule.BARS_OWN_CASES


ASKS = f'name="{password_again.FIELD}"'


def long_ago(visitor, minutes=60):
    """As if the password had been typed so long ago."""
    session = visitor.session
    session["proved"] = int(time.time()) - minutes * 60
    session.save()
    return visitor


def admins_form(person, **changed):
    joined = person.date_joined
    return {
        "username": person.username,
        "date_joined_0": joined.date().isoformat(),
        "date_joined_1": joined.time().isoformat("seconds"),
        **changed,
    }


def viewer():
    return Group.objects.get(name="Viewer").pk


def permission(name="view_case"):
    return Group.objects.get(name="Admin").permissions.get(codename=name).pk


def free_role():
    return Group.objects.get_or_create(name="Free")[0]


def rita_now():
    return User.objects.get(username="rita")


def has_role(name):
    return rita_now().groups.filter(name=name).exists()


# The name of each address that asks: what is sent, and how it is seen that it was done.
PAGES = {
    "mlops:settings-person-add": (
        lambda: {"username": "mina", "name": "Mina Ré", "roles": [viewer()]},
        lambda: User.objects.get(username="mina").groups.get().name == "Viewer",
    ),
    "mlops:settings-person-roles": (
        lambda: {"roles": [viewer()]},
        lambda: has_role("Viewer"),
    ),
    "mlops:settings-person-off": (dict, lambda: not rita_now().is_active),
    "mlops:settings-person-on": (dict, None),  # has a test of its own
    "mlops:settings-person-password": (
        dict,
        lambda: rita_now().has_usable_password(),
    ),
    "mlops:settings-token": (
        lambda: {"name": "Core", "user": ada_now().pk, "days": 9},
        lambda: ApiToken.objects.filter(name="Core").exists(),
    ),
    "mlops:settings-token-revoke": (
        dict,
        lambda: not ApiToken.objects.filter(revoked_at=None).exists(),
    ),
    "mlops:settings-account-add": (
        lambda: {"account": "night", "purpose": "Export", "owner": ada_now().pk},
        lambda: ServiceAccount.objects.get().purpose == "Export",
    ),
    "mlops:model-ask": (
        lambda: {"reason": "Close <b>&\"'\r\nof day, 마감"},
        lambda: (
            BreakGlass.objects.latest("pk").reason == "Close <b>&\"'\r\nof day, 마감"
        ),
    ),
    "mlops:switch-confirm": (
        dict,
        lambda: BreakGlass.objects.filter(confirmed=True).exists(),
    ),
}


PAGES["mlops:loosening-confirm"] = (
    dict,
    lambda: not TrainingPolicy.objects.get().bars_own_cases,
)


ADMIN = {
    "a person's columns": (
        lambda: f"/admin/auth/user/{rita_now().pk}/change/",
        lambda: admins_form(rita_now(), email="rita@example.com"),
        lambda: rita_now().email == "rita@example.com",
    ),
    "a person's rights": (
        lambda: f"/admin/auth/user/{rita_now().pk}/change/",
        lambda: admins_form(rita_now(), is_staff="on", user_permissions=permission()),
        lambda: rita_now().user_permissions.count() == 1,
    ),
    "a new role": (
        lambda: "/admin/auth/group/add/",
        lambda: {
            "name": "Clerk",
            "permissions": [permission(), permission("add_case")],
        },
        lambda: Group.objects.get(name="Clerk").permissions.count() == 2,
    ),
    "a role": (
        lambda: f"/admin/auth/group/{free_role().pk}/change/",
        lambda: {"name": "Free", "permissions": permission()},
        lambda: free_role().permissions.count() == 1,
    ),
    "a role deleted": (
        lambda: f"/admin/auth/group/{free_role().pk}/delete/",
        lambda: {"post": "yes"},
        lambda: not Group.objects.filter(name="Free").exists(),
    ),
    "roles deleted": (
        lambda: "/admin/auth/group/",
        lambda: {
            "action": "delete_selected",
            "_selected_action": free_role().pk,
            "post": "yes",
        },
        lambda: not Group.objects.filter(name="Free").exists(),
    ),
    "tokens revoked": (
        lambda: "/admin/training/apitoken/",
        lambda: {
            "action": "revoke_selected",
            "_selected_action": [token.pk for token in ApiToken.objects.all()],
        },
        lambda: not ApiToken.objects.filter(revoked_at=None).exists(),
    ),
}


API = {
    "api-serving-break-glass": lambda place: {
        "model_version_id": str(place["version_id"]),
        "reason": "Urgent.",
    },
    "api-serving-break-glass-confirm": lambda _place: {},
    "api-loosenings": lambda _place: {"rule": RULE, "reason": "Two of us."},
    "api-loosening-confirm": lambda _place: {},
}


def ada_now():
    return User.objects.get(username="ada")


def address(name, place):
    if name.startswith("api-loosening"):
        place = {**place, "id": str(place["loosening_id"])}
    known = {part: place.get(part, some) for part, some in ROUTES[name].items()}
    return reverse(name, kwargs=known)


class Form(HTMLParser):
    """The form that asks: where it goes, and what it carries out of sight."""

    def __init__(self, answer):
        super().__init__()
        self.action, self.fields = "", {}
        self.feed(answer.content.decode())  # line breaks of what was typed count

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.action = said["action"]
        elif tag == "input" and said.get("type") == "hidden":
            self.fields.setdefault(said["name"], []).append(said["value"])


def send_again(visitor, answer, password=PASSWORD):
    form = Form(answer)
    return visitor.post(form.action, {**form.fields, password_again.FIELD: password})


ACTS = [
    *(
        pytest.param(lambda place, name=name: address(name, place), form, done, id=name)
        for name, (form, done) in PAGES.items()
        if done
    ),
    *(
        pytest.param(lambda _place, url=url: url(), form, done, id=name)
        for name, (url, form, done) in ADMIN.items()
    ),
]
