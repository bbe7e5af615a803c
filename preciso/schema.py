"""What the OpenAPI document says of every operation alike: how errors look."""

from typing import Any

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


def describe_errors(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """Add the form of an error to each operation; a hook of drf-spectacular."""
    result["components"]["schemas"]["Error"] = ERROR
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = REFUSED
    return result
