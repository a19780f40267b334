"""A device's token: made here, shown once, kept only as its digest.

The token carries 256 random bits, so there is nothing to guess and a slow password hash would only
cost the broker time at each connect; SHA-256 is enough.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import NamedTuple

TOKEN_PREFIX = "pd_"  # noqa: S105  (tells a leaked string is a Pulseboard device token)
TOKEN_BYTES = 32  # bytes of randomness
SHOWN_PREFIX_LENGTH = 10  # characters kept in the clear, so that an operator can tell two apart
SALT_BYTES = 12  # as Mosquitto makes them
VERIFIER_ROUNDS = 1  # of PBKDF2: for 256 random bits one is as good as many


class Credential(NamedTuple):
    token: str
    prefix: str
    digest: str


def new_credential(given: str = "") -> Credential:
    token = given or TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    return Credential(token, token[:SHOWN_PREFIX_LENGTH], token_digest(token))


def token_digest(token: str) -> str:
    """What the database holds instead of the token: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def broker_verifier(token: str) -> str:
    """What Mosquitto holds instead of it, as `salt$hash` in base64. Kept beside the digest: a
    broker that lost its accounts cannot be given them again from a SHA-256."""
    return _verifier(token, secrets.token_bytes(SALT_BYTES), VERIFIER_ROUNDS)


def verifies(token: str, verifier: str, rounds: int) -> bool:
    """Whether this is the verifier of that token."""
    try:
        salt = base64.b64decode(verifier.partition("$")[0])
    except ValueError:
        return False
    return secrets.compare_digest(_verifier(token, salt, rounds), verifier)


def _verifier(token: str, salt: bytes, rounds: int) -> str:
    hashed = hashlib.pbkdf2_hmac("sha512", token.encode(), salt, rounds)
    return f"{base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"
