"""What goes wrong in the log."""

from __future__ import annotations


class ShiftlogError(Exception):
    """The root of what this app raises."""


class NoSuchEntry(ShiftlogError):
    """There is none, or not for this reader."""


class Refused(ShiftlogError):
    """It is not done; the text says why, for people."""
