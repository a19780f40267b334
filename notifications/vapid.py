"""Who we are to push services (VAPID, RFC 8292): a key pair made of PULSEBOARD_SECRET_KEY.

So every process has the same one, it outlives a restart, and no table has to keep it. Another
PULSEBOARD_SECRET_KEY makes another one: browsers have to subscribe again then.
"""

from __future__ import annotations

import base64
import json
from email.utils import parseaddr
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from access.sealed import derived

VALID_SECONDS = 12 * 3600  # of one signature; push services take at most a day
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def public_key() -> str:
    """As browsers want it, in Base64 for addresses."""
    point = _key(settings.SECRET_KEY).public_key()
    return _encoded(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(origin: str, now: int) -> str:
    """The header for a push service; `now` in Unix seconds."""
    claims = {"aud": origin, "exp": now + VALID_SECONDS, "sub": _contact()}
    head = {"typ": "JWT", "alg": "ES256"}
    signed = ".".join(_encoded(json.dumps(each).encode()) for each in (head, claims))
    raw = _key(settings.SECRET_KEY).sign(signed.encode(), ec.ECDSA(SHA256()))
    signature = b"".join(each.to_bytes(32, "big") for each in decode_dss_signature(raw))
    return f"vapid t={signed}.{_encoded(signature)}, k={public_key()}"


def _contact() -> str:
    """Whom a push service may write to about us."""
    if settings.PUBLIC_URL.startswith("https://"):
        return settings.PUBLIC_URL
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


@lru_cache(maxsize=2)
def _key(_secret_key: str) -> ec.EllipticCurvePrivateKey:
    # 16 bytes more than the order has, so that the remainder favours no key.
    number = int.from_bytes(derived("web push", 48), "big") % (ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
