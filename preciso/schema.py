"""Generates the OpenAPI document. Only a request for the document loads this module."""

from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.status import HTTP_400_BAD_REQUEST
from rest_framework.views import APIView

from preciso import refusals
from preciso.api_fields import MOMENT


class Generator(SchemaGenerator):
    """Applies the options that `preciso.api.documented` stored at each view."""

    def create_view(
        self, callback: Callable[..., Any], method: str, request: object = None
    ) -> APIView:
        view: APIView = super().create_view(  # type: ignore[no-untyped-call]
            callback, method, request
        )
        options = getattr(getattr(view, method.lower()), "documented", None)
        if options is not None:
            view.schema = schema_with(options)
        return view


def schema_with(options: dict[str, Any]) -> Any:
    """The schema object that `extend_schema` makes, without changing the view's class.

    So two requests for the document may run side by side. The decorator stores the
    class of the schema at the function that it decorates, here an empty one.
    """

    def placeholder() -> None: ...

    extend_schema(**options)(placeholder)
    return vars(placeholder)["kwargs"]["schema"]()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names a bearer token; the library finds it by being loaded."""

    target_class = "training.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class BodyScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """How a `preciso.api_fields.Body` reads: nothing unknown; null counts as absent."""

    target_class = "preciso.api_fields.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        if type(self.target).__doc__ is None:
            schema.pop("description", None)  # that of the class above
        if not self.target.is_open:
            schema["additionalProperties"] = False
        properties = schema.get("properties", {})
        for name in properties.keys() - set(schema.get("required", ())):
            properties[name] = or_null(properties[name])
        return schema


class IdScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """What comes in may be a number, too."""

    target_class = "preciso.api_fields.Id"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        text: dict[str, Any] = {"type": "string"}
        if direction == "response":
            return text
        return {"anyOf": [{**text, "minLength": 1}, {"type": "integer"}]}


class MomentScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """What comes in needs no offset."""

    target_class = "preciso.api_fields.Moment"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        if direction == "response":
            return {"type": "string", "format": "date-time"}
        return MOMENT


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"allOf": [schema], "nullable": True}
    for several in schema.keys() & {"anyOf", "oneOf"}:
        # `nullable` says something beside a type alone.
        first, *others = schema[several]
        return {**schema, several: [or_null(first), *others]}
    return {**schema, "nullable": True}


def describe_errors(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """Add to each operation the refusals it may answer; a hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    for status in refusals.MEANING:
        schemas[f"Refusal{status}"] = refusal(status, refusals.CODES[status])
    del schemas[f"Refusal{refusals.CONFLICT}"]  # each part of the API has its own
    for part in refusals.CONFLICTS:
        codes = refusals.conflicts(part)
        schemas[conflict_name(part)] = refusal(refusals.CONFLICT, codes)
    for path, operations in result["paths"].items():
        for operation in operations.values():
            places = {each["in"] for each in operation.get("parameters", ())}
            let_be_empty(operation.get("parameters", ()))
            for status in refusals.possible(
                path,
                has_body="requestBody" in operation,
                has_query=bool(places & {"query", "header"}),
            ):
                known = operation["responses"]
                known.setdefault(str(status), refusal_answer(status, path))
    return result


def let_be_empty(parameters: Iterable[dict[str, Any]]) -> None:
    """What is optional in a query may be sent without a value, and then is absent."""
    for parameter in parameters:
        if parameter["in"] == "query" and not parameter.get("required"):
            parameter["allowEmptyValue"] = True


def conflict_name(path: str) -> str:
    """What the refusal by the state of things is called in a part of the API."""
    return f"Refusal{refusals.CONFLICT}{refusals.part_of(path).capitalize()}"


def refusal(status: int, codes: Iterable[str]) -> dict[str, Any]:
    """The form of an error; what differs by status are its codes."""
    properties: dict[str, Any] = {
        "code": {"type": "string", "enum": list(codes)},
        "detail": {"type": "string", "description": "One sentence for people."},
    }
    if status == HTTP_400_BAD_REQUEST:
        description = "The complaints by field, where a body is wrong."
        properties["fields"] = {"description": description}
    return {"type": "object", "required": ["code", "detail"], "properties": properties}


def refusal_answer(status: int, path: str) -> dict[str, Any]:
    is_conflict = status == refusals.CONFLICT
    name = conflict_name(path) if is_conflict else f"Refusal{status}"
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {
        "description": refusals.MEANING[status],
        "content": {"application/json": {"schema": schema}},
    }
