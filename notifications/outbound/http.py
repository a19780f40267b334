"""One HTTP request to somebody else's server: guarded, bounded in time and size, never redirected.

The standard library's client over a connection of our own. urllib3 and requests resolve names
themselves, so the address they connect to is not the one that was checked.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from notifications.answer import Answer, Outcome
from notifications.outbound import guard

TOTAL_SECONDS = 15.0  # from the first packet to the last byte of the answer
MAX_ANSWER_BYTES = 16_384  # of a body; the rest is not read
PORTS = {"http": 80, "https": 443}
NOT_NOW = frozenset({408, 421, 425, 429})  # refusals that say: another time
_SOUND = re.compile(r"[\x21-\x7e]+")  # of an address: nothing that could end a line


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


def of_json(
    url: str, document: Any, headers: Mapping[str, str] | None = None, method: str = "POST"
) -> Request:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Request(url, body, {"Content-Type": "application/json", **(headers or {})}, method)


def complaint(url: str) -> str:
    """What is wrong with an address, "" for nothing. Where it leads is checked when it is used."""
    if not _SOUND.fullmatch(url):
        return "It has a character that no address has."
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "It is no address."
    if parts.scheme not in PORTS or not host:
        return "Write https://… or http://…"
    if parts.username is not None or parts.password is not None:
        return "Leave the user and the password out of it."
    return ""


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def send(request: Request, total: float = TOTAL_SECONDS) -> Answer:
    """What the other side answered. Raises nothing that the network or the other side may cause."""
    until = time.monotonic() + total
    try:
        status, wait, text = _exchange(request, until)
    except guard.Forbidden as exc:
        return Answer(Outcome.REFUSED, str(exc))
    except ssl.SSLCertVerificationError as exc:
        return Answer(Outcome.UNANSWERED, f"Its certificate is not valid: {exc.verify_message}")
    except (OSError, HTTPException) as exc:
        late = time.monotonic() >= until or isinstance(exc, TimeoutError)
        said = f"No answer within {total:.0f} s." if late else f"Not reached: {exc or exc!r}"
        return Answer(Outcome.UNANSWERED, said)
    return judged(status, wait, text)


def judged(status: int, wait: str, text: str) -> Answer:
    """An answer by its status; `wait` is its Retry-After."""
    if 200 <= status < 300:
        return Answer(Outcome.TAKEN, text, status)
    if 300 <= status < 400:
        said = "It redirects, which is not followed: give the address it redirects to."
        return Answer(Outcome.REFUSED, said, status)
    if status in NOT_NOW or not 400 <= status < 500:
        return Answer(Outcome.FAILED, text, status, wait=_wait(wait))
    return Answer(Outcome.REFUSED, text, status, gone=status == 410)


def _wait(word: str) -> float | None:
    """Seconds of a Retry-After; a date is not read, our own waits do then."""
    return float(word) if re.fullmatch(r"\d{1,9}", word) else None


def _exchange(request: Request, until: float) -> tuple[int, str, str]:
    parts = urlsplit(request.url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    opened = guard.connect(host, port, settings.NOTIFY_ALLOW, until)
    cut = guard.cut_at(opened, until)
    connection = HTTPConnection(host, port)
    connection.auto_open = 0  # a closed connection is an error, never another one unguarded
    connection.sock = opened
    try:
        if parts.scheme == "https":
            connection.sock = _tls().wrap_socket(opened, server_hostname=host)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Host": parts.netloc, "User-Agent": "Pulseboard", "Accept-Encoding": "identity",
            "Connection": "close", **request.headers,
        }  # fmt: skip
        connection.request(request.method, path, request.body, headers)
        with connection.getresponse() as response:
            return response.status, response.headers.get("Retry-After", ""), _text(response)
    finally:
        cut.cancel()
        connection.close()


def _text(response: HTTPResponse) -> str:
    """The beginning of its body; a body that breaks off takes nothing from the status."""
    body = b""
    try:
        while len(body) < MAX_ANSWER_BYTES and (more := response.read1(MAX_ANSWER_BYTES)):
            body += more
    except (OSError, HTTPException):
        pass
    return body[:MAX_ANSWER_BYTES].decode(errors="replace")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
