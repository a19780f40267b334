"""What is known of devices that wait to be adopted: gathered message by message, bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet

from bridge.commit.described import facts_of
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Discovered, Item, Presence, Telemetry
from bridge.message import Message
from bridge.models import Candidate
from bridge.mqtt.properties import safe_text
from devices import clock
from devices.models import Device
from telemetry.moments import from_us

MAX_CANDIDATES = 10_000  # that wait, or are ignored; of more, nothing but the number is noted
SILENT_FOR = timedelta(days=1)  # after which one that waits makes room for another
MAX_NEW = 500  # of one batch; others are noted when they speak again
MAX_METRICS = 100  # of one candidate
MAX_ALIASES = 16  # of one device
KEPT = 20  # messages of one candidate that are kept raw, for when it is adopted
SAMPLE = 512  # bytes of a payload that are shown
MAX_SHOWN = 120  # characters of a value that is shown


class Known(NamedTuple):
    """What decides over the next message of a candidate."""

    kept: int
    ignored: bool


def known(uids: Iterable[str]) -> dict[str, Known]:
    """Those of the uids that wait. Raises what the database raises."""
    rows = Candidate.objects.filter(uid__in=list(uids)).order_by()
    facts = rows.values_list("uid", "kept", "ignored")
    return {uid: Known(kept, ignored) for uid, kept, ignored in facts}


def of_no_device(rows: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Without those whose uid a device has by now, however it was registered."""
    return rows.exclude(uid__in=Device.with_removed.values("uid"))


@dataclass(slots=True)
class Heard:
    """What one batch says of one device."""

    convention: str
    is_new: bool
    first_us: int  # Unix microseconds
    last_us: int = 0
    topic: str = ""
    sample: str = ""
    messages: int = 0
    kept: int = 0
    gateway: str = ""
    online: bool | None = None
    reason: str = ""
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    last_message: int = -1  # its index in the batch: each counts once

    @property
    def speaks(self) -> bool:
        """Whether it sent readings, and is not only spoken of."""
        return bool(self.sample)

    def note(self, index: int, message: Message, item: Item, convention: str) -> None:
        """Take in what an item of this message says. It is of the dialect of its readings, whatever
        else announced it."""
        if index != self.last_message:
            self.last_message = index
            self.messages += 1
            self.last_us = message.received_us
            self.topic = safe_text(message.topic)
        if isinstance(item, Telemetry):
            self.convention = convention
            self.sample = safe_text(message.payload[:SAMPLE])
            for sample in item.samples:
                for metric, value in sample.values.items():
                    shown = value[:MAX_SHOWN] if isinstance(value, str) else value
                    self._metric(metric)["value"] = shown
        elif isinstance(item, Presence):
            self.online = item.online
        elif isinstance(item, Discovered):
            self.gateway = item.gateway
        elif isinstance(item, Described):
            self._describe(item)

    def _describe(self, item: Described) -> None:
        self.described |= facts_of(item)
        self.aliases += [uid for uid in map(device_uid, item.aliases) if uid not in self.aliases]
        if item.metric:
            said = {"unit": item.unit, "kind": item.kind, "label": item.label}
            said["quantity"] = item.quantity
            about = self._metric(item.metric)
            about |= {name: text for name, text in said.items() if text}
            if item.precision is not None:
                about["precision"] = item.precision

    def _metric(self, name: str) -> dict[str, Any]:
        if name in self.metrics or len(self.metrics) < MAX_METRICS:
            return self.metrics.setdefault(name, {})
        return {}  # one too many is forgotten


def write(heard: Mapping[str, Heard]) -> None:
    """Keep it. Call it in the transaction of the batch. Rows are locked in one order everywhere."""
    rows = Candidate.objects.select_for_update().filter(uid__in=list(heard)).order_by("uid")
    there = {row.uid: row for row in rows}
    for uid, row in there.items():
        add(row, heard[uid])
    changed = ["convention", "topic", "gateway", "last_at", "messages", "kept", "metrics"]
    changed += ["described", "aliases", "sample", "online", "reason"]
    Candidate.objects.bulk_update(there.values(), changed)
    new = [uid for uid in sorted(heard) if uid not in there][:MAX_NEW]
    if new:
        room = make_room(len(new))
        made = [_made(uid, heard[uid]) for uid in new[:room]]
        Candidate.objects.bulk_create(made, ignore_conflicts=True)


def make_room(wanted: int) -> int:
    """How many more may wait, at most so many. Where there are too few places those go that were
    silent longest, and for a day: a receiver that hears random ids would fill them for ever.
    Who is ignored stays."""
    room = MAX_CANDIDATES - Candidate.objects.count()
    if room < wanted:
        silent = Candidate.objects.filter(ignored=False, last_at__lt=clock.now() - SILENT_FOR)
        gone = silent.order_by("last_at", "id")[: wanted - max(0, room)]
        ids = list(gone.values_list("id", flat=True))
        room += Candidate.objects.filter(pk__in=ids).delete()[0]
    return max(0, min(room, wanted))


def _made(uid: str, heard: Heard) -> Candidate:
    at = from_us(heard.first_us)
    row = Candidate(uid=uid, first_at=at, last_at=at)
    add(row, heard)
    return row


def add(row: Candidate, heard: Heard) -> None:
    """Note it in the row, not saved."""
    row.first_at = row.first_at or from_us(heard.first_us)
    if heard.speaks or not row.convention:
        row.convention = heard.convention
    row.topic = heard.topic or row.topic
    row.gateway = heard.gateway or row.gateway
    row.last_at = max(row.last_at or row.first_at, from_us(heard.last_us))
    row.messages += heard.messages
    row.kept += heard.kept
    row.sample = heard.sample or row.sample
    row.online = row.online if heard.online is None else heard.online
    row.reason = heard.reason or row.reason
    row.described = {**row.described, **heard.described}
    row.aliases = list(dict.fromkeys([*row.aliases, *heard.aliases]))[:MAX_ALIASES]
    for metric, about in heard.metrics.items():
        if metric in row.metrics or len(row.metrics) < MAX_METRICS:
            row.metrics[metric] = {**row.metrics.get(metric, {}), **about}
