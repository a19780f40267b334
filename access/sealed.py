"""Keys of our own, each for one purpose: every process has them and none stores them.

They follow from PULSEBOARD_SECRET_KEY. Imported where something is sealed; most processes never do.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32


def derived(purpose: str, length: int = KEY_BYTES) -> bytes:
    """A key of its own for each purpose: to know one tells nothing of another."""
    hkdf = HKDF(SHA256(), length, salt=None, info=f"pulseboard {purpose}".encode())
    return hkdf.derive(settings.SECRET_KEY.encode())


def seal(purpose: str, secret: bytes) -> str:
    """Unreadable for who has the database alone."""
    return _cipher(purpose).encrypt(secret).decode()


def unseal(purpose: str, sealed: str) -> bytes | None:
    """None: it was sealed under another PULSEBOARD_SECRET_KEY."""
    try:
        return _cipher(purpose).decrypt(sealed.encode())
    except InvalidToken:
        return None


def _cipher(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(purpose)))
