"""Keys of our own, each for one purpose: every process has them and none stores them.

They follow from PULSEBOARD_SECRET_KEY.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

# Imported where it is used: models need this module in every process, and few open a secret.
if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_BYTES = 32
MAX_CACHED = 16  # ciphers


def derived(purpose: str, length: int = KEY_BYTES) -> bytes:
    """A key of its own for each purpose: to know one tells nothing of another."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    hkdf = HKDF(SHA256(), length, salt=None, info=f"pulseboard {purpose}".encode())
    return hkdf.derive(settings.SECRET_KEY.encode())


def seal(purpose: str, secret: bytes) -> str:
    """Unreadable for who has the database alone."""
    return _cipher(purpose, settings.SECRET_KEY).encrypt(secret).decode()


def unseal(purpose: str, sealed: str) -> bytes | None:
    """None: it was sealed under another PULSEBOARD_SECRET_KEY."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    try:
        return _cipher(purpose, settings.SECRET_KEY).decrypt(sealed.encode())
    except InvalidToken:
        return None


@lru_cache(MAX_CACHED)
def _cipher(purpose: str, _secret_key: str) -> Fernet:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet(base64.urlsafe_b64encode(derived(purpose)))
