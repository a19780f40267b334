"""Schemathesis asks every operation of the OpenAPI schema, with what the schema allows and with
what it does not: none answers 5xx, and each answer is one that the schema tells of, in its form.

It is used as a library. As a plugin of pytest it would be loaded by every worker (`addopts`).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.signals import got_request_exception
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest, Request
from rest_framework.test import APIClient

from bridge.http import committer
from bridge.tests import test_http
from bridge.tests.conftest import database, freezer
from bridge.tests.test_http import own_ingest
from devices.models import Device
from tests import openapi
from tests.examples import examples
from tests.schema_told import HOST, ToldSchema, content_of
from tests.sight import Hidden, hidden
from tests.test_scopes import PARAMETER, known

__all__ = ["database", "freezer", "hidden", "own_ingest"]  # fixtures
EXAMPLES = 4  # of each operation
MEASURING = {"ingest", "ingest_by_path", "ingest_attributes"}  # no views of Django's
# The same examples in each run, and the first failure as it is: to find a smaller one takes long.
FEW = settings(
    max_examples=examples(EXAMPLES), database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)  # fmt: skip


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes


class Asked(NamedTuple):
    """A request as it goes over the line."""

    request: PreparedRequest
    path: str  # with its query
    headers: dict[str, str]  # without those that say what the body is, and how it is packed
    content_type: str
    body: bytes

    @classmethod
    def of(cls, case: Any) -> Asked:
        request = Request(**case.as_transport_kwargs(base_url=HOST)).prepare()
        parts = urlsplit(request.url or "")
        headers = dict(request.headers)
        kind = headers.pop("Content-Type", "application/octet-stream")
        for name in ("Content-Length", "Accept-Encoding"):
            headers.pop(name, None)
        body = request.body or b""
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return cls(request, path, headers, kind, body.encode() if isinstance(body, str) else body)


def problems(
    told: ToldSchema, name: str, fixed: dict[str, Any], ask: Callable[[Asked], Answer]
) -> list[str]:
    """Of one operation, with what is there for the parameters of its path, and with anything."""
    from schemathesis import GenerationMode  # noqa: PLC0415

    operation = told.operations[name]
    cases = [operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)]
    if fixed:
        cases.append(operation.as_strategy(path_parameters=fixed))
    found: list[str] = []

    @FEW
    @given(case=st.one_of(cases))
    def tried(case: Any) -> None:
        asked = Asked.of(case)
        answer = ask(asked)
        found.extend(told.problems(case, asked.request, *answer))

    tried()
    return [f"{name}: {each}" for each in found[:2]]


def test_no_operation_fails_and_each_answers_as_the_schema_says(
    hidden: Hidden, settings: Any, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.CRITICAL)  # thousands of requests are refused
    settings.API_REQUESTS = 1e9
    client = APIClient(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    crashes: list[str] = []

    def ask(asked: Asked) -> Answer:
        request = asked.request
        with transaction.atomic():
            answer = client.generic(
                request.method, asked.path, asked.body, asked.content_type, headers=asked.headers
            )
            content = content_of(answer)
            transaction.set_rollback(True)
        return Answer(answer.status_code, answer.headers, content)

    def crashed(**_: Any) -> None:
        crashes.append(traceback.format_exc()[-1_500:])

    got_request_exception.connect(crashed)
    told, found = ToldSchema(), []
    for name in sorted(told.operations.keys() - MEASURING):
        found += problems(told, name, known(told.operations[name].path, hidden), ask)
    assert not found, "\n\n".join([f"{len(found)} problems", *found[:40], *crashes[:5]])


@pytest.mark.parametrize(
    "body", [
        b'{"a":' * 50_000, b" " * (configured.DATA_UPLOAD_MAX_MEMORY_SIZE + 1),
        b'{"a":[{"\\ud800":1}]}', b'[["\\u0000"]]', b'{"a":[' + b"9" * 400 + b"]}",
    ],
    ids=["nested deeply", "too large", "half a pair", "a NUL", "no float"],
)  # fmt: skip
def test_a_body_that_nothing_can_hold_is_refused_by_each_operation(
    hidden: Hidden, settings: Any, caplog: pytest.LogCaptureFixture, body: bytes
):
    caplog.set_level(logging.CRITICAL)
    settings.API_REQUESTS = 1e9
    client = APIClient(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    asked = set()
    for path, methods in openapi.schema()["paths"].items():
        for method in methods.keys() & {"post", "put", "patch"}:
            name = methods[method]["operationId"]
            if name in MEASURING or name == "readings_import":  # which reads as it comes
                continue
            address = path.format(**dict.fromkeys(PARAMETER.findall(path), 1) | known(path, hidden))
            with transaction.atomic():
                answer = client.generic(method, address, body, "application/json")
                transaction.set_rollback(True)
            takes_one = "requestBody" in methods[method]
            allowed = (400, 403, 404, 405, 409, 413) if takes_one else range(200, 500)
            # A form that asks while it is filled in is told what is wrong with it; what is wrong
            # with ThingsBoard's question is told with 200 as well.
            told = answer.content.startswith((b'{"errors":{"a":', b'{"status":"FAILURE"'))
            said = name, answer.status_code, answer.content[:200]
            assert told or answer.status_code in allowed, said
            asked.add(name)
    assert len(asked) > 80


def test_what_devices_send_is_answered_as_the_schema_says(
    freezer: Device, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(committer, "RATE", 1e6)
    monkeypatch.setattr(committer, "BURST", 1e6)

    def ask(asked: Asked) -> Answer:
        given = {"Authorization": f"Bearer {freezer.token}", "Content-Type": asked.content_type}
        path, _, _query = asked.path.partition("?")
        answer = test_http.request(path, asked.body, given)
        return Answer(answer.status, answer.headers, test_http.json.dumps(answer.body).encode())

    told, found = ToldSchema(), []
    for name in sorted(MEASURING):
        fixed = {"token": freezer.token} if "{token}" in told.operations[name].path else {}
        found += problems(told, name, fixed, ask)
    assert not found, "\n\n".join(found)
