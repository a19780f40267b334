"""Keeps a token readable for the broker's sake alone, and for as long as it has not got it.

Sealed with the installation's secret key, so that a copy of the database opens none.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


def seal(token: str) -> str:
    """ "" where no broker is to be told."""
    return _box().encrypt(token.encode()).decode() if settings.BROKER_CONTROL else ""


def unseal(sealed: str) -> str:
    """ "" for what is not sealed, or was with another key: then its device needs a new token."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 (slow to import)

    try:
        return _box().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""


def _box() -> Fernet:
    from cryptography.fernet import Fernet  # noqa: PLC0415 (slow to import)

    key = hashlib.sha256(b"device tokens for the broker:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
