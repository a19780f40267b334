"""A browser that asked to be told, by Web Push: RFC 8030, encrypted as RFC 8291 says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices import clock
from notifications import vapid
from notifications.answer import Answer
from notifications.channels import words
from notifications.channels.fields import Facts, Field
from notifications.content import Content
from notifications.outbound import http

TTL = 86_400  # seconds a push service keeps it for a browser that is away
MAX_TEXT = 600  # characters; a message takes 3993 bytes
RECORD_BYTES = 4096
CURVE = ec.SECP256R1()


def _https(value: str) -> str:
    return http.complaint(value) or ("" if value.startswith("https://") else "Write https://….")


def _point(value: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(value))
    except ValueError:
        return "It is no public key of P-256."
    return ""


def _secret(value: str) -> str:
    try:
        return "" if len(decoded(value)) == 16 else "It has 16 bytes."
    except ValueError:
        return "It is no Base64."


FIELDS = (
    Field("browser", "What its owner calls it.", default=""),
    Field("endpoint", "Of the push service.", secret=True, complaint=_https),
    Field("p256dh", "The browser's public key.", secret=True, complaint=_point),
    Field("auth", "The browser's secret.", secret=True, complaint=_secret),
)


def lane(facts: Facts) -> str:
    return http.host_of(facts["endpoint"])


def send(facts: Facts, content: Content, token: str) -> Answer:
    return http.send(request(facts, content, token, clock.now_us() // 1_000_000))


def request(facts: Facts, content: Content, token: str, now: int) -> http.Request:
    """`now` in Unix seconds."""
    shown = {
        "title": f"{words.sign(content)} {words.cut(words.subject(content), 100)}",
        "body": words.cut(content.words, MAX_TEXT),
        "url": content.url,
        "acknowledge_url": content.acknowledge_url,
        "severity": content.severity,
        "tag": topic(content, token),
    }
    body = encrypted(
        json.dumps(shown, ensure_ascii=False).encode(),
        decoded(facts["p256dh"]),
        decoded(facts["auth"]),
        ec.generate_private_key(CURVE),
        os.urandom(16),
    )
    parts = urlsplit(facts["endpoint"])
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(TTL),
        "Urgency": "high" if content.severity == "critical" else "normal",
        "Topic": topic(content, token),
        "Authorization": vapid.authorization(f"{parts.scheme}://{parts.netloc}", now),
    }
    return http.Request(facts["endpoint"], body, headers)


def topic(content: Content, token: str) -> str:
    """The news of one alert replaces what was told of it before, also what comes twice."""
    about = token if content.alert_id is None else f"alert {content.alert_id}"
    return hashlib.sha256(about.encode()).hexdigest()[:32]


def encrypted(
    plain: bytes, theirs: bytes, auth: bytes, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """One record of aes128gcm (RFC 8188) that only this browser can read."""
    their_key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
    ours = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), their_key)
    secret = _hkdf(auth, b"WebPush: info\0" + theirs + ours, 32, shared)
    cipher = AESGCM(_hkdf(salt, b"Content-Encoding: aes128gcm\0", 16, secret))
    nonce = _hkdf(salt, b"Content-Encoding: nonce\0", 12, secret)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + cipher.encrypt(nonce, plain + b"\x02", None)


def decoded(text: str) -> bytes:
    """Of Base64 for addresses, with padding or without. Raises `ValueError`."""
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error as exc:
        raise ValueError(str(exc)) from exc


def _hkdf(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
