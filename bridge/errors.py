"""The root of what the bridge raises itself; each error is defined where it is raised."""

from __future__ import annotations


class BridgeError(Exception):
    """Whoever starts a part of the bridge may catch this, and knows that it is none of Python's."""
