"""Choices are rendered as Django renders them, by one template instead of three."""

from django import forms
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.test.html import parse_html

CHOICES = [
    ("", "Any"),
    ("a<b", 'A "quoted" & more'),
    (3, "Three"),
    ("Europe", [("e1", "Seoul"), ("e2", "Berlin <b>")]),
]


def both(widget, value):
    attrs = {"id": "it", "data-submit": "", "required": True, "hidden": False}
    return [
        parse_html(widget.render("name", value, attrs, renderer=renderer()))
        for renderer in (TemplatesSetting, DjangoTemplates)
    ]


def test_a_list_of_choices_is_what_django_makes_of_it():
    for value in ("", "a<b", 3, "e2", None, "unknown"):
        ours, djangos = both(forms.Select(choices=CHOICES), value)
        assert ours == djangos


def test_other_widgets_are_djangos():
    for widget in (forms.TextInput(), forms.CheckboxInput(), forms.Textarea()):
        ours, djangos = both(widget, "x")
        assert ours == djangos


def test_forms_are_rendered_so(settings):
    assert settings.FORM_RENDERER == "django.forms.renderers.TemplatesSetting"
