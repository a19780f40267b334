"""What becomes of messages of devices that are not registered: noted, kept a few times, or adopted
by itself (`PULSEBOARD_AUTO_ADOPT`). For the thread that commits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings

from bridge import listening
from bridge.adoption import aliases, candidates
from bridge.adoption.adopt import device_of
from bridge.adoption.candidates import KEPT, Heard, Known
from bridge.commit.batch_rows import Rows
from bridge.decode import convention_of
from bridge.decode.conventions import pulseboard, unread
from bridge.decode.items import Item, Problem, Reason, Telemetry
from bridge.intake.batch import Batch
from bridge.message import Message
from bridge.models import Candidate
from devices import clock, signals, topic_filter
from devices.models import Device
from devices.registry import Registry

MAX_ADOPTED = 2_000  # devices of one convention that are adopted by themselves
FULL_FOR = timedelta(seconds=60)  # until it is looked again whether there is room
IGNORED_DEVICE = "ignored_device"  # the reason that its messages are ignored for
TURNED_AWAY = "too_many_waiting"  # of one that does not even wait, for too many do
WAITING_DEVICE = "waiting_device"  # of one that waits, and of which enough is kept


class Waiting:
    """Knows who waits, of the devices in one batch."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, Known] = {}
        self._full: dict[str, float] = {}  # by convention: Unix ms until which it has no room
        self._inbox_full: tuple[float, bool] = (0.0, False)  # Unix ms until which it is true

    def look_up(self, uids: Iterable[str]) -> None:
        """Before a batch: who of these waits. Raises what the database raises."""
        self._known = candidates.known(uids) if uids else {}

    def adopt_by_setting(self, rows: Rows, batch: Batch, indexes: Iterable[int]) -> None:
        """Register who is to be by the settings, of those that speak in these messages. Raises what
        the database raises."""
        wanted: dict[str, Heard] = {}
        for index in indexes if settings.AUTO_ADOPT else ():
            message, convention = batch.messages[index], ""
            for item in batch.items[index]:
                uid = item.uid
                if not uid or self._registry.known(uid) or self._is_ignored(uid):
                    continue
                convention = convention or _convention(message)
                if not _is_wanted(convention, message):
                    break
                heard = wanted.setdefault(uid, _heard(convention, message))
                heard.note(index, message, item, convention)
        by_convention: dict[str, dict[str, Heard]] = {}
        for uid, heard in wanted.items():
            # Who is only spoken of waits until it speaks.
            if heard.speaks or heard.online:
                by_convention.setdefault(heard.convention, {})[uid] = heard
        for convention, new in sorted(by_convention.items()):
            self._adopt(rows, convention, new)

    def _adopt(self, rows: Rows, convention: str, new: dict[str, Heard]) -> None:
        room = self._room(convention)
        waiting = {row.uid: row for row in Candidate.objects.filter(uid__in=list(new)).order_by()}
        made = []
        for uid, heard in list(new.items())[:room]:
            row = waiting.get(uid) or Candidate(uid=uid)
            candidates.add(row, heard)
            made.append(row)
        Device.objects.bulk_create([device_of(row) for row in made], ignore_conflicts=True)
        there = Device.with_removed.filter(uid__in=[row.uid for row in made])
        ids = {device.uid: device.pk for device in there}
        signals.tell("registered", list(there), None)
        for row in made:
            if row.pk:
                row.delete()
            if row.aliases:
                aliases.keep(ids[row.uid], row.aliases)
        rows.adopted += ids.values()
        self._registry.expect(new)
        self._registry.ask(new)

    def _room(self, convention: str) -> int:
        now = clock.now_ms()
        if now < self._full.get(convention, 0):
            return 0
        room = max(0, MAX_ADOPTED - Device.with_removed.filter(convention=convention).count())
        if not room:
            self._full[convention] = now + FULL_FOR.total_seconds() * 1_000
        return room

    def _is_inbox_full(self) -> bool:
        """Looked up once a minute. Raises what the database raises."""
        until, is_full = self._inbox_full
        now = clock.now_ms()
        if now >= until:
            is_full = candidates.make_room(1) == 0
            self._inbox_full = now + FULL_FOR.total_seconds() * 1_000, is_full
        return is_full

    def _is_ignored(self, uid: str) -> bool:
        found = self._known.get(uid)
        return found is not None and found.ignored

    def take(self, rows: Rows, index: int, message: Message, item: Item) -> Problem | None:
        """Note what a device says that nobody has registered. A problem if the message is to be
        kept for it; otherwise that was all."""
        uid = item.uid
        if self._is_ignored(uid):
            rows.ignored[IGNORED_DEVICE, ""] += 1
            return None
        convention = _convention(message)
        heard = rows.strangers.get(uid)
        if heard is None and uid not in self._known and self._is_inbox_full():
            rows.ignored[TURNED_AWAY, convention] += 1
            return None
        if heard is None:
            if len(rows.strangers) >= candidates.MAX_NEW and uid not in self._known:
                return self._problem(uid, convention)
            heard = rows.strangers[uid] = _heard(convention, message, is_new=uid not in self._known)
        is_next = heard.last_message != index
        heard.note(index, message, item, convention)
        if settings.AUTO_ADOPT and _is_wanted(convention, message) and self._full.get(convention):
            heard.reason = Reason.TOO_MANY_DEVICES.value
        native = convention in (pulseboard.NAME, unread.NAME)
        if not native and not isinstance(item, Telemetry):
            return None
        kept = heard.kept + (self._known[uid].kept if uid in self._known else 0)
        if native or kept < KEPT:
            heard.kept += is_next
            return self._problem(uid, convention)
        rows.ignored[WAITING_DEVICE, convention] += 1
        return None

    def _problem(self, uid: str, convention: str) -> Problem:
        if self._full.get(convention, 0) > clock.now_ms():
            return Problem(
                Reason.TOO_MANY_DEVICES,
                f"{MAX_ADOPTED} devices of {convention} were adopted by themselves: {uid!r} waits",
            )
        return Problem(Reason.UNKNOWN_DEVICE, f"no device {uid!r} is registered")


def _heard(convention: str, message: Message, *, is_new: bool = True) -> Heard:
    return Heard(convention, is_new, message.received_us)


def _convention(message: Message) -> str:
    return convention_of(message, listening.conventions())


def _is_wanted(convention: str, message: Message) -> bool:
    """Whether the settings have senders of this message adopted by themselves."""
    if convention in settings.AUTO_ADOPT:
        return True
    topic = message.topic.decode("utf-8", "replace")
    return any(topic_filter.matches(wanted, topic) for wanted in settings.AUTO_ADOPT)
