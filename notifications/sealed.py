"""Tokens and passwords of channels, unreadable at rest: who has the database alone has none."""

from __future__ import annotations

import json

from access import sealed as keys
from notifications.errors import NotificationsError

PURPOSE = "channel secrets"


class Unreadable(NotificationsError):
    """It was sealed under another PULSEBOARD_SECRET_KEY: it has to be entered again."""


def seal(secrets: dict[str, str]) -> str:
    return keys.seal(PURPOSE, json.dumps(secrets).encode())


def unseal(sealed: str) -> dict[str, str]:
    """Raises `Unreadable`."""
    if not sealed:
        return {}
    found = keys.unseal(PURPOSE, sealed)
    if found is None:
        raise Unreadable(
            "Its secrets were sealed under another PULSEBOARD_SECRET_KEY. Enter them again."
        )
    opened: dict[str, str] = json.loads(found)
    return opened
