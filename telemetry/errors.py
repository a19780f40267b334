"""The root of what this app raises itself; each error is defined where it is raised."""

from __future__ import annotations


class TelemetryError(Exception):
    """A read or a write that cannot be done, for a reason that is not Python's or Postgres's."""
