"""Entries of the log, what people did about them, and how far each has read."""

from shiftlog.models.entry import Counter, Entry, Former, Mention, Reaction
from shiftlog.models.kind import SYSTEM, Kind
from shiftlog.models.mark import ReadMark

__all__ = [
    "SYSTEM",
    "Counter",
    "Entry",
    "Former",
    "Kind",
    "Mention",
    "Reaction",
    "ReadMark",
]
