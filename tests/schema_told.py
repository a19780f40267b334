"""Whether an answer is one that the OpenAPI schema tells of, as Schemathesis judges it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest, Request

from tests import openapi

HOST = "http://testserver"


class ToldSchema:
    """The schema as it is given out, without who may ask: the caller says who asks."""

    def __init__(self) -> None:
        # Loaded here: it takes a second, and most workers of the tests never need it.
        import schemathesis  # noqa: PLC0415
        from schemathesis import checks  # noqa: PLC0415
        from schemathesis.specs.openapi import checks as of_openapi  # noqa: PLC0415

        checks.load_all_checks()
        self._held = [
            checks.not_a_server_error,
            of_openapi.status_code_conformance,
            of_openapi.content_type_conformance,
            of_openapi.response_headers_conformance,
            of_openapi.response_schema_conformance,
        ]
        told = json.loads(json.dumps(openapi.schema(), default=str))
        told["components"].pop("securitySchemes")
        for methods in told["paths"].values():
            for operation in methods.values():
                operation.pop("security", None)
        self.operations: dict[str, Any] = {
            found.ok().definition.raw["operationId"]: found.ok()
            for found in schemathesis.openapi.from_dict(told).get_all_operations()
        }

    def problems(
        self,
        case: Any,
        prepared: PreparedRequest,
        status: int,
        headers: Mapping[str, str],
        content: bytes,
    ) -> list[str]:
        """What is wrong with an answer to a case; nothing: it is told of, in its form."""
        import schemathesis  # noqa: PLC0415
        from schemathesis.core.failures import FailureGroup  # noqa: PLC0415

        lists = {name: [value] for name, value in headers.items()}
        answer = schemathesis.Response(status, lists, content, prepared, elapsed=0.0, verify=True)
        try:
            case.validate_response(answer, checks=self._held)
        except FailureGroup as found:  # no Exception, but a BaseException
            asked = f"{prepared.method} {prepared.url} {(prepared.body or b'')[:300]!r}"
            said = f"answered {status} {content[:300]!r}"
            return [f"{each.title}: {each.message}\n{asked}\n{said}" for each in found.exceptions]
        return []

    def problems_of(self, operation: str, answer: Any) -> list[str]:
        """The same of Django's answer to a request that was made by hand."""
        made = self.operations[operation]
        named = dict.fromkeys(re.findall(r"\{(\w+)\}", made.path), "any")
        method = answer.request["REQUEST_METHOD"]
        prepared = Request(method, HOST + answer.request["PATH_INFO"]).prepare()
        return self.problems(
            made.Case(path_parameters=named),
            prepared,
            answer.status_code,
            answer.headers,
            content_of(answer),
        )


def content_of(answer: Any) -> bytes:
    return b"".join(answer) if answer.streaming else bytes(answer.content)
