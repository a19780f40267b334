"""Any HTTP receiver, signed as Standard Webhooks says, so that its libraries verify it.

The receiver recognises what comes twice by `webhook-id`, which each attempt carries again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from devices import clock
from notifications.answer import Answer
from notifications.channels.fields import Facts, Field, one_word
from notifications.content import Content
from notifications.outbound import http

MIN_KEY = 24  # characters


def _key(value: str) -> str:
    if len(value) < MIN_KEY:
        return f"Write at least {MIN_KEY} characters."
    try:
        _raw(value)
    except ValueError:
        return "What begins with whsec_ goes on in Base64."
    return one_word(value)


FIELDS = (
    Field("url", "Where to POST.", secret=True, complaint=http.complaint),
    Field("key", "Signs each message; the receiver verifies it.", secret=True, complaint=_key),
)


def lane(facts: Facts) -> str:
    return http.host_of(facts["url"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return http.send(request(facts, content, token, clock.now_us() // 1_000_000))


def request(facts: Facts, content: Content, token: str, now: int) -> http.Request:
    """`now` in Unix seconds: the receiver refuses what was signed long ago."""
    of = "log" if content.what == "mentioned" else "alert"
    made = http.of_json(
        facts["url"], {"type": f"{of}.{content.what}", "id": token, "data": content.as_json()}
    )
    headers = {
        "webhook-id": token,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{signature(facts['key'], token, now, made.body)}",
        "Idempotency-Key": token,
    }
    return http.Request(made.url, made.body, {**made.headers, **headers})


def signature(key: str, token: str, now: int, body: bytes) -> str:
    """Of Standard Webhooks, version 1. A key that begins with `whsec_` is Base64, as there."""
    signed = hmac.new(_raw(key), f"{token}.{now}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()


def _raw(key: str) -> bytes:
    if key.startswith("whsec_"):
        return base64.b64decode(key[6:], validate=True)
    return key.encode()
