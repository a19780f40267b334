"""Telemetry over HTTP, for devices that cannot speak MQTT. 200 is said after COMMIT.

An ASGI application beside Django, whose middleware no device needs and which costs several times
what the message does (docs/decisions/0009). What is answered is written down in
docs/wire-format.md; no session or API token opens these addresses.
"""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any, NamedTuple

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings

from bridge.decode.items import Problem, Reason
from bridge.http import process
from bridge.http.queue import BadToken, Outcome, TooFast, Unavailable
from bridge.message import HTTP_ATTRIBUTES, HTTP_TELEMETRY, HTTP_TEST

RETRY_AFTER = 5  # seconds a device is asked to wait while the database is away
ANSWER_WITHIN = 30.0  # seconds; many a device gives up then by itself
BAD_TOKEN, TOO_FAST, UNAVAILABLE, ONLY_POST = "bad_token", "too_fast", "unavailable", "only_post"
NOT_OFFERED = "not_offered"
STATUS = {
    Reason.TOO_LARGE: 413,
    Reason.DISABLED_DEVICE: 403,
    Reason.REMOVED_DEVICE: 403,
    Reason.UNKNOWN_DEVICE: 401,  # deleted between the check of its token and the commit
}


class Answer(NamedTuple):
    """What goes back to the device."""

    status: int
    body: dict[str, Any] | None
    headers: tuple[tuple[str, str], ...] = ()


async def telemetry(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Take one message of the device whose token the address or a header has."""
    await _take(scope, receive, send, HTTP_TELEMETRY)


async def attributes(
    scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Take what a device says of itself, as ThingsBoard's libraries send it."""
    await _take(scope, receive, send, HTTP_ATTRIBUTES)


async def nothing(_scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Whatever else is asked under a token: ThingsBoard's commands, updates, a mistyped address.
    Answered here, so that no token reaches Django's logs."""
    if await read_body(receive) is not None:
        offered = "Only telemetry and attributes are taken under a device's token."
        await respond(send, _refusal(404, NOT_OFFERED, offered))


async def _take(
    scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, topic: str
) -> None:
    if scope["method"] != "POST":
        await respond(send, _refusal(405, ONLY_POST, "It is sent by POST.", Allow="POST"))
        return
    payload = await read_body(receive)
    if payload is None:
        return
    in_address = _in_address(scope)
    # How ThingsBoard's libraries look whether there is a server. Elsewhere it is a mistake.
    is_test = in_address and topic == HTTP_TELEMETRY and payload.strip() == b"{}"
    token = in_address or _in_header(scope)
    await respond(send, await _answer(token, payload, HTTP_TEST if is_test else topic))


def _in_address(scope: HTTPScope) -> str:
    return str(scope["url_route"]["kwargs"].get("token", ""))  # type: ignore[typeddict-item]


def _in_header(scope: HTTPScope) -> str:
    """What the device says it has; "" for nothing."""
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def read_body(receive: ASGIReceiveCallable) -> bytes | None:
    """Beyond what is decoded, so that quarantine knows the size; not without end.

    None when the sender left before its end.
    """
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return None
        body += event.get("body", b"")[: settings.DATA_UPLOAD_MAX_MEMORY_SIZE - len(body)]
        if not event.get("more_body"):
            return bytes(body)


async def _answer(token: str, payload: bytes, topic: str) -> Answer:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            outcome = await asyncio.wrap_future(process.running().take(token, payload, topic))
    except BadToken:
        return _refusal(401, BAD_TOKEN, "No device has this token.", WWW_Authenticate="Bearer")
    except TooFast as exc:
        return _refusal(429, TOO_FAST, exc.limit, Retry_After=str(math.ceil(exc.seconds)))
    except Unavailable:
        return _again("The database is away or too busy; nothing was stored. Send again.")
    except TimeoutError:
        return _again("The database has not answered; it may be stored yet. Send again.")
    return _of(outcome)


def _again(message: str) -> Answer:
    return _refusal(503, UNAVAILABLE, message, Retry_After=str(RETRY_AFTER))


def _refusal(status: int, reason: str, message: str, **headers: str) -> Answer:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, {"reason": reason, "message": message}, named)


def _of(outcome: Outcome) -> Answer:
    problems = [_shown(each) for each in outcome.problems]
    if problems and (outcome.rejected or not outcome.readings):
        return Answer(STATUS.get(outcome.problems[0].reason, 400), problems[0])
    if problems:
        return Answer(200, {"stored": outcome.readings, "problems": problems})
    return Answer(200, {})


def _shown(problem: Problem) -> dict[str, str]:
    return {"reason": problem.reason.value, "message": problem.detail}


async def respond(send: ASGISendCallable, answer: Answer) -> None:
    """Send the answer; without a body, where it has none."""
    body = json.dumps(answer.body).encode() if answer.body is not None else b""
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        *answer.headers,
    ]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
