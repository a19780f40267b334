"""Tokens and passwords of channels, unreadable at rest: who has the database alone has none.

The key follows from PULSEBOARD_SECRET_KEY, so every process has it and none stores it.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from access.sealed import derived
from notifications.errors import NotificationsError

# Where it is used: the models need this module in every process, and few open a secret.
if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Unreadable(NotificationsError):
    """It was sealed under another PULSEBOARD_SECRET_KEY: it has to be entered again."""


def seal(secrets: dict[str, str]) -> str:
    return _cipher(settings.SECRET_KEY).encrypt(json.dumps(secrets).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Raises `Unreadable`."""
    if not sealed:
        return {}
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    try:
        opened: dict[str, str] = json.loads(_cipher(settings.SECRET_KEY).decrypt(sealed.encode()))
    except InvalidToken as exc:
        raise Unreadable(
            "Its secrets were sealed under another PULSEBOARD_SECRET_KEY. Enter them again."
        ) from exc
    return opened


@lru_cache(maxsize=2)
def _cipher(_secret_key: str) -> Fernet:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet(base64.urlsafe_b64encode(derived("channel secrets")))
