"""What docs of the REST API say of telemetry over HTTP, which is no view of Django's."""

from __future__ import annotations

from typing import Any

from bridge.http.queue import RATE
from bridge.message import MAX_PAYLOAD

TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "properties": {
        "reason": TEXT | {"description": "docs/wire-format.md lists them."},
        "message": TEXT | {"description": "What was found, and where."},
    },
    "required": ["reason", "message"],
}
PARTLY_STORED = {
    "type": "object",
    "description": "Empty when everything was stored.",
    "properties": {
        "stored": {"type": "integer", "description": "Readings that were stored."},
        "problems": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/IngestProblem"},
            "description": "What was left out.",
        },
    },
}
DESCRIPTION = "Any of the four JSON forms of docs/wire-format.md, as over MQTT."
REFUSALS = {
    400: "Nothing of it can be stored; names the first bad element.",
    401: "No device has this token.",
    403: "The device is disabled.",
    413: f"Larger than {MAX_PAYLOAD} bytes.",
    429: f"Over {RATE:g} messages or DEVICE_READINGS readings a second; see Retry-After.",
    503: "The database is away, too busy, or has not answered for 30 s. Send again.",
}


def add_ingest(result: dict[str, Any], **_kwargs: object) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: the schema with these addresses in it."""
    result["components"]["schemas"] |= {
        "IngestProblem": PROBLEM,
        "IngestPartlyStored": PARTLY_STORED,
    }
    result["paths"] |= {
        "/api/v1/telemetry/": {
            "post": _operation("ingest", "Send telemetry", DESCRIPTION)
            | {"security": [{"deviceToken": []}]}
        },
        "/api/v1/{token}/telemetry": _by_path(
            "ingest_by_path",
            "Send telemetry, with the token in the address",
            f"{DESCRIPTION} ThingsBoard's form, for devices that cannot set a header. `{{}}` looks"
            " whether the token is right.",
        ),
        "/api/v1/{token}/attributes": _by_path(
            "ingest_attributes",
            "Say what the device is",
            "ThingsBoard's attributes: `model`, `manufacturer` and `fw_version` describe the"
            " device, the others are readings.",
        ),
    }
    return result


def _by_path(name: str, summary: str, description: str) -> dict[str, Any]:
    token = {"in": "path", "name": "token", "schema": TEXT, "required": True}
    post = _operation(name, summary, description) | {"parameters": [token], "security": [{}]}
    return {"post": post}


def _operation(name: str, summary: str, description: str) -> dict[str, Any]:
    stored = _answer("Committed; `{}` when nothing was left out.", "IngestPartlyStored")
    refused = {
        str(status): _answer(meaning, "IngestProblem") for status, meaning in REFUSALS.items()
    }
    return {
        "operationId": name,
        "summary": summary,
        "description": description,
        "tags": ["Ingest"],
        "requestBody": {"content": {"application/json": {"schema": {}}}},
        "responses": {"200": stored} | refused,
    }


def _answer(description: str, shape: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
