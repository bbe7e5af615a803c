#!/usr/bin/env bash
# Guess: an OpenAPI document made of a serializer whose text field has the default ""
# passes a validator, and a client may send what the document calls the default.
#
# Seen with Django 5.2.19, djangorestframework 3.17.1, drf-spectacular 0.30.0 and
# openapi-spec-validator 0.9.0: the request body says `minLength: 1` beside
# `default: ""`. The validator refuses the whole document ('' should be non-empty). The
# server fills in "" where the field is missing, and answers 400 ("may not be blank") to
# a client that sends that same default. `allow_blank=True` mends both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  django==5.2.19 djangorestframework==3.17.1 drf-spectacular==0.30.0 \
  openapi-spec-validator==0.9.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for this",
    ROOT_URLCONF="urls",
    INSTALLED_APPS=["rest_framework", "drf_spectacular"],
    REST_FRAMEWORK={
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
    SPECTACULAR_SETTINGS={"COMPONENT_SPLIT_REQUEST": True},
)
django.setup()

from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV30SpecValidator
from rest_framework import serializers
from rest_framework.generics import GenericAPIView


class Note(serializers.Serializer):
    text = serializers.CharField(default="")


class BlankNote(serializers.Serializer):
    text = serializers.CharField(default="", allow_blank=True)


def document(serializer):
    class View(GenericAPIView):
        serializer_class = serializer

        def post(self, request): ...

    made = SchemaGenerator(patterns=[path("notes", View.as_view())]).get_schema(
        request=None, public=True
    )
    made["info"] = {"title": "Notes", "version": "1"}
    return made


made = document(Note)
field = made["components"]["schemas"]["NoteRequest"]["properties"]["text"]
problems = [error.message for error in OpenAPIV30SpecValidator(made).iter_errors()]
missing, sent = Note(data={}), Note(data={"text": ""})
print("document:", field)
print("validator:", problems)
print("missing:", missing.is_valid(), dict(missing.validated_data))
print("the default, sent:", sent.is_valid(), dict(sent.errors))
assert field["minLength"] == 1 and field["default"] == ""
assert problems
assert missing.is_valid() and missing.validated_data["text"] == ""
assert not sent.is_valid()

mended = document(BlankNote)
assert not list(OpenAPIV30SpecValidator(mended).iter_errors())
assert BlankNote(data={"text": ""}).is_valid()
PY
echo "as found"
