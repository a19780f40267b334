"""Tokens and passwords of channels, unreadable at rest: who has the database alone has none.

The key follows from PULSEBOARD_SECRET_KEY, so every process has it and none stores it.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from notifications.errors import NotificationsError

KEY_BYTES = 32


class Unreadable(NotificationsError):
    """It was sealed under another PULSEBOARD_SECRET_KEY: it has to be entered again."""


def derived(purpose: str, length: int = KEY_BYTES) -> bytes:
    """A key of its own for each purpose: to know one tells nothing of another."""
    hkdf = HKDF(SHA256(), length, salt=None, info=f"pulseboard {purpose}".encode())
    return hkdf.derive(settings.SECRET_KEY.encode())


def seal(secrets: dict[str, str]) -> str:
    return _cipher(settings.SECRET_KEY).encrypt(json.dumps(secrets).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Raises `Unreadable`."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_cipher(settings.SECRET_KEY).decrypt(sealed.encode()))
    except InvalidToken as exc:
        raise Unreadable(
            "Its secrets were sealed under another PULSEBOARD_SECRET_KEY. Enter them again."
        ) from exc
    return opened


@lru_cache(maxsize=2)
def _cipher(_secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived("channel secrets")))
