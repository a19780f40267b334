"""What lies in the spool: the messages of one batch, as an entry of the file."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import msgspec

from bridge.decode.items import Item
from bridge.intake.batch import Batch
from bridge.message import Message


class Entry(msgspec.Struct, array_like=True):
    """A batch as it lies in the spool."""

    messages: list[Message]
    stamps: list[int | None]  # of each message; see `bridge.intake.batch.Batch.stamps`
    # By message index: what was decoded, with what a convention knew then, of those that are not in
    # columns. Absent in entries of an earlier version, whose messages are decoded again.
    items: dict[int, list[Item]] = msgspec.field(default_factory=dict)

    def extend(self, later: Entry) -> None:
        """Append the messages of a later entry."""
        offset = len(self.messages)
        self.messages += later.messages
        self.stamps += later.stamps
        self.items |= {offset + index: items for index, items in later.items.items()}


class Kept(NamedTuple):
    """Which entry a batch became."""

    id: int
    messages: int
    size: int  # bytes


class Spooled(NamedTuple):
    """The oldest entries as one batch. `entry` is None for a single damaged one."""

    last_id: int
    messages: int
    size: int  # bytes
    entry: Entry | None


def encoded(batch: Batch) -> bytes:
    """The entry of a batch, as bytes."""
    stamps = [batch.stamps.get(index) for index in range(len(batch.messages))]
    return msgspec.msgpack.encode(Entry(batch.messages, stamps, batch.items))


def decoded(content: bytes, checksum: int) -> Entry | None:
    """The entry, or None if these are not the bytes that were written."""
    if zlib.crc32(content) != checksum:
        return None
    try:
        return msgspec.msgpack.decode(content, type=Entry)
    except msgspec.DecodeError:
        return None
