"""Influx's way in, for Telegraf's outputs, Influx's libraries and devices that speak it.

`POST /write` of version 1 and `POST /api/v2/write` of version 2, with a device's token. What is
stored is the device's: `bridge.decode.conventions.influx` says under which metrics. A body that is
larger than a message goes in as several, and is answered once: what was stored of it, sent again,
is not stored twice where it has times.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import re
import zlib
from typing import Any
from urllib.parse import parse_qs

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings

from bridge.decode.conventions.influx import MAX_LINES, cut
from bridge.decode.items import Problem
from bridge.errors import BridgeError
from bridge.http import process
from bridge.http.app import ANSWER_WITHIN, RETRY_AFTER, STATUS, Answer, read_body, respond
from bridge.http.queue import BadToken, Outcome, TooFast, Unavailable
from bridge.message import HTTP_WRITE_UNITS_NS
from devices.credentials import TOKEN_PREFIX

MAX_WRITE = 8 * 1024 * 1024  # bytes of a body once it is unpacked
MAX_PIECES = 50  # messages a body may become; below BURST, or it could never be taken
MAX_STATEMENT = 4_096  # bytes of a query that are looked at: of who it is, nobody knows
MAX_TOLD = 5  # problems that one answer names
VERSION = (("X-Influxdb-Build", "Pulseboard"), ("X-Influxdb-Version", "2.0-Pulseboard"))
HARMLESS = re.compile(r"\s*(?:CREATE\s+DATABASE|SHOW\s+DATABASES)\b[^;]*;?\s*", re.IGNORECASE)
PRECISIONS = {"": "ns", "n": "ns", "u": "us", "\u00b5": "us"}  # as they are written, too
UNAUTHORIZED = "unauthorized access: no device has this token"
TOO_MANY = "The body has too many points: send fewer at once."
CODES = {
    400: "invalid", 401: "unauthorized", 403: "forbidden", 405: "method not allowed",
    413: "request too large", 429: "too many requests", 503: "unavailable",
}  # fmt: skip


class Refused(BridgeError):
    """Nothing of the request is taken."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.answer = _refusal(status, message, **headers)


async def write(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Store points of the device that has the token. 204 after the commit of all of them."""
    try:
        if scope["method"] != "POST":
            raise Refused(405, "Points are written by POST.", Allow="POST")
        body = await read_body(receive)
        if body is None:
            return
        asked = _asked(scope)
        topic = _topic(asked)
        if not (token := _token(scope, asked)):
            raise Refused(401, UNAUTHORIZED)  # before anything is done with what he sent
        encoding = _header(scope, b"content-encoding")
        pieces = await asyncio.to_thread(_pieces, body, encoding)
        answer = _of(await _stored(token, pieces, topic))
    except Refused as exc:
        answer = exc.answer
    await respond(send, answer)


async def query(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Telegraf's output of version 1 makes its database first, and needs to hear that it is there.
    Nothing is read and nothing is done here."""
    body = await read_body(receive)
    if body is None:
        return
    asked = _asked(scope)
    form = parse_qs(body[:MAX_STATEMENT].decode("utf-8", "replace"))
    statement = asked.get("q") or form.get("q", [""])[0]
    if HARMLESS.fullmatch(statement):
        await respond(send, Answer(200, {"results": [{"statement_id": 0}]}, VERSION))
    else:
        await respond(send, _refusal(400, "No queries are answered here: see /api/v1/readings/."))


async def ping(_scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """There is a server."""
    if await read_body(receive) is not None:
        await respond(send, Answer(204, None, VERSION))


async def health(_scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """As Influx says it, which its libraries look at; `readyz` says how Pulseboard is."""
    if await read_body(receive) is None:
        return
    trouble = await asyncio.to_thread(process.storing_trouble)
    status: dict[str, Any] = {
        "name": "influxdb",
        "status": "fail" if trouble else "pass",
        "message": trouble or "ready for writes",
        "version": VERSION[1][1],
        "checks": [],
    }
    await respond(send, Answer(503 if trouble else 200, status, VERSION))


async def _stored(token: str, pieces: list[bytes], topic: str) -> list[Outcome]:
    """What became of each piece. Raises `Refused`, whose sender shall send all of it again."""
    ingest = process.running()
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            ends = await asyncio.gather(
                *(asyncio.wrap_future(ingest.take(token, each, topic)) for each in pieces),
                return_exceptions=True,
            )
    except TimeoutError:
        message = "The database has not answered; it may be stored yet. Send again."
        raise Refused(503, message, Retry_After=str(RETRY_AFTER)) from None
    found: list[Outcome] = []
    for end in ends:
        if isinstance(end, BadToken):
            raise Refused(401, UNAUTHORIZED)
        if isinstance(end, TooFast):
            raise Refused(429, end.limit, Retry_After=str(math.ceil(end.seconds)))
        if isinstance(end, Unavailable):
            message = "The database is away or too busy. Send again."
            raise Refused(503, message, Retry_After=str(RETRY_AFTER))
        if isinstance(end, BaseException):
            raise end
        found.append(end)
    return found


def _of(outcomes: list[Outcome]) -> Answer:
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    stored = sum(outcome.readings for outcome in outcomes)
    if not problems:
        return Answer(204, None, VERSION)
    if not stored:
        return _refusal(STATUS.get(problems[0].reason, 400), _told(problems))
    # As Influx says it: some points are written, and to send them again would not help the others.
    return _refusal(400, f"partial write: {_told(problems)}; {stored} values are stored")


def _told(problems: list[Problem]) -> str:
    told = "; ".join(f"{each.reason.value}: {each.detail}" for each in problems[:MAX_TOLD])
    more = len(problems) - MAX_TOLD
    return f"{told}; and {more} more" if more > 0 else told


def _refusal(status: int, message: str, **headers: str) -> Answer:
    """Version 1 reads `error`, version 2 the others."""
    body = {"code": CODES[status], "message": message, "error": message}
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, body, (*named, *VERSION))


def _asked(scope: HTTPScope) -> dict[str, str]:
    """The parameters of the address; of one that comes twice the first."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    return {name: values[0] for name, values in given.items()}


def _topic(asked: dict[str, str]) -> str:
    precision = asked.get("precision", "")
    topic = f"http:/api/v2/write?precision={PRECISIONS.get(precision, precision)}"
    if topic not in HTTP_WRITE_UNITS_NS:
        raise Refused(400, f"precision is ns, us, ms, s, m or h, not {precision[:20]!a}")
    return topic


def _header(scope: HTTPScope, name: bytes) -> str:
    return dict(scope["headers"]).get(name, b"").decode("latin-1").strip()


def _token(scope: HTTPScope, asked: dict[str, str]) -> str:
    """The device's token, wherever a writer of either version puts its secret; "" for none.

    `Token TOKEN`, `Bearer TOKEN`, `Token USER:TOKEN`, Basic with the token as the password, or the
    parameter `p`.
    """
    scheme, _, given = _header(scope, b"authorization").partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            given = ""
    for secret in (given, given.partition(":")[2], asked.get("p", "")):
        if secret.startswith(TOKEN_PREFIX):
            return secret
    return ""


def _pieces(body: bytes, encoding: str) -> list[bytes]:
    """The messages it becomes. Counted before it is looked at line by line."""
    payload = _unpacked(body, encoding)
    if payload.count(b"\n") > MAX_PIECES * MAX_LINES:
        raise Refused(413, TOO_MANY)
    pieces = cut(payload)
    if len(pieces) > MAX_PIECES:
        raise Refused(413, TOO_MANY)
    return pieces


def _unpacked(body: bytes, encoding: str) -> bytes:
    if len(body) >= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # and what is behind it was cut off
        raise Refused(413, f"A body may have {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
    if encoding.lower() in ("", "identity"):
        return body
    if encoding.lower() != "gzip":
        raise Refused(400, f"The encoding may be gzip, not {encoding[:20]!a}.")
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = unpacking.decompress(body, MAX_WRITE + 1)
    except zlib.error:
        raise Refused(400, "The body is not gzip, as its encoding says.") from None
    if len(found) > MAX_WRITE:
        raise Refused(413, f"A body may have {MAX_WRITE} bytes once it is unpacked.")
    if not unpacking.eof:
        raise Refused(400, "The body ends within its gzip stream.")
    return found
