"""Messages that are committed together, and what the network thread could already say of them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bridge.decode.items import Item
from bridge.message import Message

MAX_BATCH_MESSAGES = 4_000  # messages of one transaction; larger ones are no faster, and wait
# Payload bytes of one transaction, unless one chunk has more. Decoded it is several times as much,
# and the process keeps it: with 8 MiB a bridge that caught up once had 40 MB more, no faster.
MAX_BATCH_BYTES = 2 * 1024 * 1024

FROM_SPOOL = 0  # the generation of what is drained: of no connection

PUBACK_SUCCESS = struct.Struct("!BBH")  # MQTT 5.0, 3.4: type, remaining length 2, packet identifier

Text = tuple[int, int, str]  # series, Unix microseconds, text


class Columns(NamedTuple):
    """Readings column by column, as COPY wants them. The three arrays have the same length.

    Arrays and not lists: the values of thousands of waiting messages would else lie about as
    so many objects, and fetching them into the processor's cache costs more than all work on them.
    """

    series_ids: NDArray[np.int32]
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]
    texts: list[Text]

    @classmethod
    def of(
        cls,
        series_ids: ArrayLike,
        times_us: ArrayLike,
        values: ArrayLike,
        texts: Iterable[Text] = (),
    ) -> Columns:
        return cls(
            np.asarray(series_ids, dtype=np.int32),
            np.asarray(times_us, dtype=np.int64),
            np.asarray(values, dtype=np.float64),
            list(texts),
        )

    @classmethod
    def joined(cls, parts: list[Columns]) -> Columns:
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.of([], [], [])
        return cls(
            np.concatenate([part.series_ids for part in parts]),
            np.concatenate([part.times_us for part in parts]),
            np.concatenate([part.values for part in parts]),
            [text for part in parts for text in part.texts],
        )

    @property
    def size(self) -> int:
        """How many readings."""
        return len(self.series_ids) + len(self.texts)

    def between(self, first: int, last: int) -> Columns:
        """The numeric readings from `first` up to `last`."""
        return Columns(
            self.series_ids[first:last], self.times_us[first:last], self.values[first:last], []
        )

    def numbers(self) -> Iterator[tuple[int, int, float]]:
        """Series, Unix microseconds and value of each numeric reading."""
        columns = (self.series_ids, self.times_us, self.values)
        return zip(*(column.tolist() for column in columns), strict=True)


@dataclass(slots=True)
class Batch:
    """Messages of one connection, in receive order. The lists run along `messages`."""

    generation: int  # of the connection; an acknowledgement is valid on no other
    messages: list[Message] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)  # "" where the topic names no device
    # Of ordinary messages the readings are in `columns`, in message order.
    columns: list[Columns] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)  # readings in `columns`
    device_ids: list[int] = field(default_factory=list)  # 0: not an ordinary message
    # What all others say, by message index.
    items: dict[int, list[Item]] = field(default_factory=dict)
    # By message index: the first stamp given to samples without a time; 0 for a redelivered
    # message that was rejected when it came first.
    stamps: dict[int, int] = field(default_factory=dict)
    size: int = 0  # payload bytes
    serial: int = 0  # of the newest delivery noted when it was made: `Deliveries.serial`
    may_repeat: bool = False  # holds a message that was delivered before

    @classmethod
    def of_items(cls, messages: list[Message], items: list[list[Item]]) -> Batch:
        """A batch of which nothing is in columns yet."""
        return cls(
            0,
            messages,
            uids=[each[0].uid for each in items],
            counts=[0] * len(messages),
            device_ids=[0] * len(messages),
            items=dict(enumerate(items)),
            size=sum(len(message.payload) for message in messages),
        )

    def uids_of(self, index: int) -> list[str]:
        """The devices a message speaks for, each once; "" stands for none."""
        items = self.items.get(index)
        if items is None or len(items) == 1:
            return [self.uids[index]]
        uids = [item.uid for item in items if item.uid]
        return list(dict.fromkeys(uids)) or [self.uids[index]]

    def has_room_for(self, later: Batch) -> bool:
        """Whether both may be one transaction."""
        return (
            self.generation == later.generation
            and len(self.messages) + len(later.messages) <= MAX_BATCH_MESSAGES
            and self.size + later.size <= MAX_BATCH_BYTES
        )

    def extend(self, later: Batch) -> None:
        """Append the messages of a batch of the same connection."""
        offset = len(self.messages)
        self.messages += later.messages
        self.uids += later.uids
        self.columns += later.columns
        self.counts += later.counts
        self.device_ids += later.device_ids
        self.items |= {offset + index: items for index, items in later.items.items()}
        self.stamps |= {offset + index: stamp for index, stamp in later.stamps.items()}
        self.size += later.size
        self.serial = later.serial
        self.may_repeat |= later.may_repeat

    def acknowledgements(self) -> bytes:
        """The PUBACK packets of all its QoS 1 messages, in receive order (MQTT 5.0, 4.6)."""
        pack = PUBACK_SUCCESS.pack
        return b"".join([pack(0x40, 2, message.mid) for message in self.messages if message.mid])
