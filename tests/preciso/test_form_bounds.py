"""Every field that a person types into has a bound: in its form, in its template, and
for whatever a browser is told to send."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MaxLengthValidator
from django.forms.forms import BaseForm
from django.urls import get_resolver

from mlops.pages.settings.rule_groups import RULE_GROUPS
from preciso import limits
from tests.mlops.people import browser
from training.models import AuditEvent

pytestmark = pytest.mark.django_db
import_module(settings.ROOT_URLCONF)  # with it every view, and so every form

OURS = ("mlops.", "training.", "preciso.")
CLOSED = (  # one of those there are, or nothing that is kept as it was typed
    forms.ChoiceField,
    forms.ModelChoiceField,
    forms.BooleanField,
    forms.DateField,
    forms.DateTimeField,
    forms.TimeField,
    forms.GenericIPAddressField,
)
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
TYPED = re.compile(r"<(?:textarea|input)\b[^>]*>")
NOT_TYPED = re.compile(
    r'type="(hidden|checkbox|radio|number|date|time|datetime-local|submit|file)"'
)
SENT = "application/x-www-form-urlencoded"
SHOWN_ONLY = 'name="username" value="{{ user.username }}"'  # for password managers


def form_classes(base=BaseForm):
    for each in base.__subclasses__():
        if each.__module__.startswith(OURS):
            yield each
        yield from form_classes(each)


FORMS = sorted({each.__name__: each for each in form_classes()}.items())


def fields_of(form):
    """As the form makes them; those that are given something say the same by class."""
    if form.__name__ == "OwnPasswordForm":
        return form(User()).fields
    if form.__name__ in {"SignInForm", "PolicyForm"}:
        return form().fields
    if form.__name__ == "RuleGroupForm":
        made = [form(group) for group in RULE_GROUPS.values()]
        return {name: field for each in made for name, field in each.fields.items()}
    return form.base_fields


def is_bounded(field):
    if isinstance(field, CLOSED):
        return True
    if isinstance(field, forms.DecimalField):
        return field.max_digits is not None
    if isinstance(field, forms.IntegerField):
        return field.max_value is not None or "max" in field.widget.attrs
    by_validator = any(
        isinstance(each, MaxLengthValidator) for each in field.validators
    )
    return by_validator and (
        field.widget.is_hidden or "maxlength" in field.widget.attrs
    )


# Whatever is typed there is counted as a failure to sign in: the bound of every text of
# a form is enough, and a validator would let the attempt pass uncounted.
COUNTED = {"SignInForm": {"username", "password"}, "OwnPasswordForm": {"old_password"}}


@pytest.mark.parametrize("form", [form for _name, form in FORMS], ids=dict(FORMS))
def test_every_field_of_a_form_has_a_bound(form):
    open_ = {name for name, field in fields_of(form).items() if not is_bounded(field)}

    assert open_ == COUNTED.get(form.__name__, set())


def test_the_walk_finds_a_field_without_a_bound():
    class Open(forms.Form):
        text = forms.CharField()
        number = forms.IntegerField()
        known = forms.CharField(max_length=10)

    fields = Open.base_fields.items()
    assert [name for name, field in fields if not is_bounded(field)] == [
        "text",
        "number",
    ]


def test_every_field_of_a_template_has_a_bound():
    typed = [
        (path.name, each)
        for path in TEMPLATES
        for each in TYPED.findall(path.read_text())
        if not NOT_TYPED.search(each) and SHOWN_ONLY not in each
    ]

    assert len(typed) > 20
    assert [each for each in typed if "maxlength=" not in each[1]] == []


def addresses(patterns=None, prefix=""):
    """Every page that takes a form, with a number in each place."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + re.sub(r"<[^>]+>", "1", str(each.pattern)).strip("^$")
        if hasattr(each, "url_patterns"):
            if each.namespace != "admin" and not path.startswith("api/"):
                yield from addresses(each.url_patterns, path)
        elif not path.startswith(("static", "admin")):
            yield f"/{path}"


def test_no_page_takes_a_text_beyond_the_bound_whatever_a_browser_sends():
    admin, found = browser("Admin"), sorted(set(addresses()))
    before = AuditEvent.objects.count()
    long = "x" * (limits.TEXT + 1)
    assert len(found) > 60

    for path in found:
        for body in (f"reason={long}", f"{long}=1", f"a=1&a={long}"):
            answer = admin.post(path, body, content_type=SENT)
            assert answer.status_code == 400, path
            assert b"is longer than 20000 characters" in answer.content
        assert admin.post(path, {"reason": long}).status_code == 400

    assert AuditEvent.objects.count() == before


def test_a_text_of_the_bound_is_taken():
    reason = "x" * limits.TEXT

    answer = browser("Admin").post("/mlops/models/stop/", {"reason": reason})

    assert answer.status_code == 302


@pytest.mark.parametrize("path", ["/mlops/approvals/", "/mlops/jobs/", "/logs/"])
def test_no_page_is_asked_with_a_longer_address(path):
    admin = browser("Admin")

    assert admin.get(path, {"q": "x" * limits.ADDRESS}).status_code == 200
    assert admin.get(path, {"q": "x" * (limits.ADDRESS + 1)}).status_code == 400


def test_no_page_takes_a_form_of_more_bytes():
    admin = browser("Admin")
    many = {f"f{n}": "x" * 1000 for n in range(limits.FORM // 1000)}

    for headers in ({}, {"HX-Request": "true"}):
        answer = admin.post("/mlops/models/stop/", many, headers=headers)
        assert answer.status_code == 413
        assert b"nothing was done" in answer.content
    body = "reason=" + "x" * limits.FORM
    answer = admin.post("/mlops/models/stop/", body, content_type=SENT)
    assert answer.status_code == 413
