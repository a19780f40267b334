"""Web Push: encrypted for one browser, signed as the push services want it."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications import vapid
from notifications.channels import web_push
from notifications.channels.fields import complaints
from notifications.channels.web_push import decoded
from notifications.tests import made

NOW = 1_700_000_000


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_the_example_of_the_standard() -> None:
    """RFC 8291, Appendix A."""
    key = ec.derive_private_key(
        int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"),
        ec.SECP256R1(),
    )
    theirs = (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    made_of_it = web_push.encrypted(
        b"When I grow up, I want to be a watermelon",
        decoded(theirs),
        decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        key,
        decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encoded(made_of_it) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
        "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV"
        "WGNWQexSgSxsj_Qulcy4a-fN"
    )


class Browser:
    """What a browser keeps, and how it reads what comes."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.point = self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def facts(self, endpoint: str = "https://push.example/send/abc") -> dict[str, str]:
        return {
            "endpoint": endpoint,
            "p256dh": encoded(self.point),
            "auth": encoded(self.auth) + "==",
        }

    def read(self, body: bytes) -> Any:
        salt, theirs = body[:16], body[21 : 21 + body[20]]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        secret = self._hkdf(self.auth, b"WebPush: info\0" + self.point + theirs, 32, shared)
        key = self._hkdf(salt, b"Content-Encoding: aes128gcm\0", 16, secret)
        nonce = self._hkdf(salt, b"Content-Encoding: nonce\0", 12, secret)
        plain = AESGCM(key).decrypt(nonce, body[21 + body[20] :], None)
        assert plain[-1:] == b"\x02"
        return json.loads(plain[:-1])

    @staticmethod
    def _hkdf(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
        return HKDF(SHA256(), length, salt, info).derive(secret)


def test_a_browser_reads_what_is_told() -> None:
    browser = Browser()
    content = made.content(url="https://pulse.example/alerts/12/")
    request = web_push.request(browser.facts(), content, "token", NOW)
    shown = browser.read(request.body)
    assert shown["title"] == "🔴 Freezer 1: temperature is too high"
    assert (shown["body"], shown["url"]) == (content.sentence, content.url)
    assert len(request.body) <= web_push.RECORD_BYTES
    assert (request.headers["Urgency"], request.headers["TTL"]) == ("high", "86400")


def test_the_longest_message_fits_in_one_record() -> None:
    content = made.content(
        subject="𝔉" * 500, sentence="𝔉" * 5_000, url="https://p.example/" + "x" * 200
    )
    body = web_push.request(Browser().facts(), content, "token", NOW).body
    assert len(body) <= web_push.RECORD_BYTES


def test_news_of_one_alert_replace_each_other_and_of_two_do_not() -> None:
    topics = [
        web_push.topic(made.content(alert_id=alert), token)
        for alert, token in ((1, "a"), (1, "b"), (2, "a"), (None, "a"), (None, "b"))
    ]
    assert topics[0] == topics[1]
    assert len(set(topics)) == 4
    assert all(len(each) <= 32 for each in topics)


def test_we_are_who_the_browser_subscribed_to(settings: Any) -> None:
    settings.PUBLIC_URL = "https://pulse.example"
    header = web_push.request(Browser().facts(), made.content(), "t", NOW).headers["Authorization"]
    token, _, key = header.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = (decoded(word) for word in token.split("."))
    assert json.loads(head) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(claims) == {
        "aud": "https://push.example",
        "exp": NOW + 12 * 3600,
        "sub": "https://pulse.example",
    }
    assert key == vapid.public_key()
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    raw = encode_dss_signature(
        int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    )
    signed = token.rpartition(".")[0].encode()
    public.verify(raw, signed, ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(raw, signed + b"x", ec.ECDSA(SHA256()))


def test_the_key_pair_is_the_same_everywhere_and_another_under_another_secret(
    settings: Any,
) -> None:
    first = vapid.public_key()
    vapid._key.cache_clear()
    assert vapid.public_key() == first
    settings.SECRET_KEY = "another" * 10
    assert vapid.public_key() != first


def test_whom_to_write_to_where_there_is_no_public_address(settings: Any) -> None:
    settings.PUBLIC_URL = ""
    settings.DEFAULT_FROM_EMAIL = "Pulseboard <pulse@plant.example>"
    token = vapid.authorization("https://push.example", NOW).split(".")[1]
    assert json.loads(decoded(token))["sub"] == "mailto:pulse@plant.example"


def test_what_is_no_subscription_is_refused() -> None:
    sound = Browser().facts()
    assert complaints(web_push.FIELDS, sound) == {}
    for wrong in (
        {"endpoint": "http://push.example/"},
        {"p256dh": encoded(b"\4" + b"\0" * 64)},
        {"p256dh": "!"},
        {"auth": encoded(b"short")},
        {"auth": "ü"},
    ):
        assert list(complaints(web_push.FIELDS, sound | wrong)) == list(wrong)
