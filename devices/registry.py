"""Who may send: the bridge's picture of the devices, asked for each message.

One writer thread uses it. Time is Unix seconds and comes with `refresh`, which the thread calls
before each batch; database errors go to that caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from django.db.models import Value

from devices.models import Device, DeviceAlias

REFRESH_EVERY = 2.0  # seconds between two looks for changes
# Seconds looked back beyond the last look: a change is stamped before it commits, by another
# process's clock, so the newest stamp seen says nothing about what is still to appear below it.
OVERLAP = 30.0
RELOAD_EVERY = 60.0  # seconds; finds what no stamp tells (a row changed by hand in SQL)
NEGATIVE_FOR = 5.0  # seconds an unknown uid is believed to be unknown
MAX_NEGATIVE = 10_000  # unknown uids remembered
LOAD_CHUNK = 5_000  # rows fetched at a time


_FACTS = ("id", "enabled", "expected_interval", "site_id", "removed_at")  # read of each device


class DeviceRef(NamedTuple):
    """What the pipeline needs of a device."""

    id: int
    enabled: bool
    expected_interval: float
    site_id: int | None = None
    is_removed: bool = False

    @classmethod
    def of(cls, pk: int, enabled: bool, interval: float, site: int | None, removed: Any) -> Self:
        """Of its `_FACTS`. Nothing of a removed device is stored, as of one that is disabled."""
        is_removed = removed is not None
        return cls(pk, enabled and not is_removed, interval, site, is_removed)


class Registry:
    """A device registered just now is known at its first message; a changed or deleted one within
    `REFRESH_EVERY`. A flood of unknown uids costs one query a batch, each of them one look-up in
    `NEGATIVE_FOR`."""

    def __init__(self) -> None:
        # Uids found unknown or removed that became known; whoever cares for them takes them out.
        self.appeared: set[str] = set()
        # Another one after each change of the picture; whoever keeps what it made of it looks here.
        self.version = 0
        self._known: dict[str, DeviceRef] = {}
        self._unknown: dict[str, float] = {}  # uid -> time until which it is believed
        self._now = 0.0
        self._looked_at: float | None = None
        self._reloaded_at = 0.0
        self._uid_of: dict[int, str] = {}
        self._aliases: dict[int, set[str]] = {}  # by device
        self._renamed: dict[str, str] = {}  # uid by alias

    def __len__(self) -> int:
        return len(self._uid_of)

    def known(self, uid: str) -> DeviceRef | None:
        """The device if it is in the picture already. Never queries; any thread may ask."""
        return self._known.get(uid)

    def uid_of(self, device_id: int) -> str | None:
        """The uid of a device of the picture. Never queries."""
        return self._uid_of.get(device_id)

    def devices(self) -> Mapping[str, DeviceRef]:
        """The picture as it is now, by uid and by alias. Never queries; any thread may look, for a
        moment: a later picture is another mapping."""
        return self._known

    def renamed(self) -> Mapping[str, str]:
        """The uid of the device that each alias means. Never queries; any thread may look."""
        return self._renamed

    def refresh(self, now: float) -> None:
        """Set the time; at most each `REFRESH_EVERY` seconds, take in what has changed."""
        self._now = now
        # A clock set back must not stop the refresh until it has caught up.
        if self._looked_at is not None and 0 <= now - self._looked_at < REFRESH_EVERY:
            return
        if self._looked_at is None or not 0 <= now - self._reloaded_at < RELOAD_EVERY:
            self._reload()
        else:
            self._take_changes(since=self._looked_at - OVERLAP)
            if Device.with_removed.count() != len(self._uid_of):
                self._reload()
        self._looked_at = now

    def _take_changes(self, since: float) -> None:
        changed = Device.with_removed.filter(updated_at__gte=datetime.fromtimestamp(since, UTC))
        rows = list(changed.values_list("uid", *_FACTS))
        for uid, *facts in rows:
            self._keep(uid, DeviceRef.of(*facts))
        self._keep_aliases([device_id for _, device_id, *_ in rows])

    def _keep_aliases(self, device_ids: list[int]) -> None:
        """Read the aliases of these devices anew."""
        if not device_ids:
            return
        for device_id in device_ids:
            for alias in self._aliases.pop(device_id, ()):
                ref = self._known.get(alias)
                if ref is not None and ref.id == device_id and self._uid_of.get(ref.id) != alias:
                    del self._known[alias]
                self._renamed.pop(alias, None)
        rows = DeviceAlias.objects.filter(device__in=device_ids)
        for alias, device_id in rows.order_by("alias").values_list("alias", "device_id"):
            self._take_alias(alias, device_id)
        self.version += 1

    def _take_alias(self, alias: str, device_id: int) -> None:
        uid = self._uid_of.get(device_id)
        if uid is None:
            return
        self._aliases.setdefault(device_id, set()).add(alias)
        there = self._known.get(alias)
        if there is None or self._uid_of.get(there.id) != alias:  # a device of that uid comes first
            self._known[alias] = self._known[uid]
            self._renamed[alias] = uid
        self.version += 1
        if self._unknown.pop(alias, None) is not None:
            self._appear(alias)

    def _reload(self) -> None:
        rows = Device.with_removed.order_by().values_list("uid", *_FACTS)
        # Built aside: an error half way leaves the old picture whole.
        there = {uid: DeviceRef.of(*facts) for uid, *facts in rows.iterator(LOAD_CHUNK)}
        for uid, ref in there.items():
            self._note_restored(uid, ref)
        self._known = there
        self._uid_of = {ref.id: uid for uid, ref in self._known.items()}
        self._aliases, self._renamed = {}, {}
        aliases = DeviceAlias.objects.order_by("alias").values_list("alias", "device_id")
        for alias, device_id in aliases.iterator(LOAD_CHUNK):
            self._take_alias(alias, device_id)
        self.version += 1
        for uid in self._unknown.keys() & self._known.keys():
            self._appear(uid)
        self._unknown.clear()
        self._reloaded_at = self._now

    def _note_restored(self, uid: str, ref: DeviceRef) -> None:
        before = self._known.get(uid)
        if before is not None and before.is_removed and not ref.is_removed:
            self._appear(uid)

    def _keep(self, uid: str, ref: DeviceRef) -> None:
        self._note_restored(uid, ref)
        old = self._uid_of.get(ref.id)
        if old is not None and old != uid:  # renamed by hand: the old name must stop working
            self._known.pop(old, None)
        self._known[uid] = ref
        self._uid_of[ref.id] = uid
        self._renamed.pop(uid, None)
        for alias in self._aliases.get(ref.id, ()):
            there = self._known.get(alias)
            if alias != uid and (there is None or there.id == ref.id):
                self._known[alias] = ref
                self._renamed[alias] = uid
        self.version += 1
        if self._unknown.pop(uid, None) is not None:
            self._appear(uid)

    def _appear(self, uid: str) -> None:
        if len(self.appeared) < MAX_NEGATIVE:
            self.appeared.add(uid)

    def expect(self, uids: Iterable[str]) -> None:
        """These were registered just now: whoever was found unknown is asked for again."""
        for uid in uids:
            self._unknown.pop(uid, None)

    def ask(self, uids: Iterable[str]) -> None:
        """Look up those uids that are neither known nor lately found unknown, in one query for
        all: a fleet registered a moment ago, or a flood of strangers, costs one each batch."""
        wanted = [uid for uid in uids if uid not in self._known and not self._is_unknown(uid)]
        if not wanted:
            return
        devices = Device.with_removed.filter(uid__in=wanted).order_by()
        aliases = DeviceAlias.objects.filter(alias__in=wanted).order_by()
        found = devices.values_list(Value(""), "uid", *_FACTS).union(
            aliases.values_list("alias", "device__uid", *(f"device__{name}" for name in _FACTS)),
            all=True,
        )
        for alias, uid, *facts in found:
            self._keep(uid, ref := DeviceRef.of(*facts))
            if alias:
                self._take_alias(alias, ref.id)
        for uid in wanted:
            if uid not in self._known:
                self._unknown.pop(uid, None)  # so that it moves to the young end
                if len(self._unknown) >= MAX_NEGATIVE:
                    del self._unknown[next(iter(self._unknown))]
                self._unknown[uid] = self._now + NEGATIVE_FOR

    def _is_unknown(self, uid: str) -> bool:
        believed_until = self._unknown.get(uid)
        return believed_until is not None and 0 <= believed_until - self._now <= NEGATIVE_FOR
