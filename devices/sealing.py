"""Keeps a token readable for the broker's sake alone, and for as long as it has not got it.

Sealed with the installation's secret key, so that a copy of the database opens none.
"""

from __future__ import annotations

from django.conf import settings

from access import sealed as keys

PURPOSE = "device tokens for the broker"


def seal(token: str) -> str:
    """ "" where no broker is to be told."""
    return keys.seal(PURPOSE, token.encode()) if settings.BROKER_CONTROL else ""


def unseal(sealed: str) -> str:
    """ "" for what is not sealed, or was with another key: then its device needs a new token."""
    found = keys.unseal(PURPOSE, sealed) if sealed else None
    return "" if found is None else found.decode()
