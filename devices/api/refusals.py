"""What every operation may answer instead of what it was asked for, in the OpenAPI schema."""

from __future__ import annotations

from typing import Any

SHAPES = {
    "Refusal": {
        "type": "object",
        "properties": {"detail": {"type": "string"}},
        "required": ["detail"],
    },
    "WrongRequest": {
        "description": "What is wrong, by field, row or place; `detail`: the whole is.",
        "oneOf": [{"type": "object", "additionalProperties": {}}, {"type": "array", "items": {}}],
    },
}
# By status: the name of the answer, its shape and what it means. docs/api.md#errors has the same.
REFUSALS = {
    "400": ("Wrong", "WrongRequest", "The request is wrong."),
    "401": ("NobodyKnown", "Refusal", "No or wrong credentials; carries `WWW-Authenticate`."),
    "403": ("NotAllowed", "Refusal", "It needs another role, a wider token or a CSRF token."),
    "404": ("NotFound", "Refusal", "No such thing as it names, or none that one may see."),
    "409": (
        "InTheWay",
        "Refusal",
        "Another request was there first: look again, or send it again.",
    ),
    "413": ("TooLarge", "Refusal", "The body is too large: send it in parts."),
    "415": ("OtherType", "Refusal", "The body is of a type that is not read here."),
    "429": ("TooMany", "Refusal", "Too many requests; carries `Retry-After`."),
    "503": ("Away", "Refusal", "The database or Redis does not answer: try again."),
    "504": ("TooSlow", "Refusal", "The database did not finish in time: ask for less."),
}


def add_refusals(result: dict[str, Any], **_kwargs: object) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular. What an operation says of a status itself stays."""
    components = result["components"]
    components["schemas"] |= SHAPES
    components["responses"] = {
        name: {
            "description": meaning,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}},
        }
        for name, shape, meaning in REFUSALS.values()
    }
    for operations in result["paths"].values():
        for method, operation in operations.items():
            never = set()
            if method == "get":
                never.add("409")
            if "requestBody" not in operation:
                never |= {"413", "415"}
            for status, (name, _, _) in REFUSALS.items():
                if status not in never:
                    told = {"$ref": f"#/components/responses/{name}"}
                    operation["responses"].setdefault(status, told)
    return result
