"""How the OpenAPI document is made; nothing but its making loads this module."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

ERROR = {
    "type": "object",
    "required": ["code", "detail"],
    "properties": {
        "code": {"type": "string", "description": "For programs; stays."},
        "detail": {"type": "string", "description": "One sentence for people."},
        "fields": {"description": "The complaints by field, where a body is wrong."},
    },
}
REFUSED = {
    "description": "Refused, or failed: the status says how.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


class Generator(SchemaGenerator):
    """Reads what `preciso.api.documented` noted at each view."""

    def create_view(
        self, callback: Callable[..., Any], method: str, request: object = None
    ) -> APIView:
        view: APIView = super().create_view(  # type: ignore[no-untyped-call]
            callback, method, request
        )
        said = getattr(getattr(view, method.lower()), "documented", None)
        if said is not None:
            view.schema = extended(said)
        return view


def extended(said: dict[str, Any]) -> Any:
    """The schema that `extend_schema` makes of it, without touching the view's class.

    So two requests for the document may run side by side.
    """

    def stand_in() -> None:
        """The decorator leaves the class here."""

    extend_schema(**said)(stand_in)
    return vars(stand_in)["kwargs"]["schema"]()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names a bearer token; the library finds it by being loaded."""

    target_class = "training.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class BodyScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """What `preciso.shapes.Body` does: nothing unknown, and null counts as absent."""

    target_class = "preciso.shapes.Body"
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


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"allOf": [schema], "nullable": True}
    return {**schema, "nullable": True}


def describe_errors(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """Add the form of an error to each operation; a hook of drf-spectacular."""
    result["components"]["schemas"]["Error"] = ERROR
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = REFUSED
    return result
