"""Who may send: the bridge's picture of the devices, asked for each message.

One writer thread uses it. Time is Unix seconds and comes with `refresh`, which the thread calls
before each batch; database errors go to that caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from devices.models import Device

REFRESH_EVERY = 2.0  # seconds between two looks for changes
# Seconds looked back beyond the last look: a change is stamped before it commits, by another
# process's clock, so the newest stamp seen says nothing about what is still to appear below it.
OVERLAP = 30.0
RELOAD_EVERY = 60.0  # seconds; finds what no stamp tells (a row changed by hand in SQL)
NEGATIVE_FOR = 5.0  # seconds an unknown uid is believed to be unknown
MAX_NEGATIVE = 10_000  # unknown uids remembered
LOAD_CHUNK = 5_000  # rows fetched at a time


class DeviceRef(NamedTuple):
    """What the pipeline needs of a device."""

    id: int
    enabled: bool
    expected_interval: float
    site_id: int | None = None


class Registry:
    """A device registered just now is known at its first message; a changed or deleted one within
    `REFRESH_EVERY`. A flood of unknown uids costs one query a batch, each of them one look-up in
    `NEGATIVE_FOR`."""

    def __init__(self) -> None:
        # Uids found unknown that became known; whoever cares for them takes them out.
        self.appeared: set[str] = set()
        self._known: dict[str, DeviceRef] = {}
        self._unknown: dict[str, float] = {}  # uid -> time until which it is believed
        self._now = 0.0
        self._looked_at: float | None = None
        self._reloaded_at = 0.0
        self._uid_of: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._known)

    def known(self, uid: str) -> DeviceRef | None:
        """The device if it is in the picture already. Never queries; any thread may ask."""
        return self._known.get(uid)

    def uid_of(self, device_id: int) -> str | None:
        """The uid of a device of the picture. Never queries."""
        return self._uid_of.get(device_id)

    def devices(self) -> Mapping[str, DeviceRef]:
        """The picture as it is now, by uid. Never queries; any thread may look, for a moment: a
        later picture is another mapping."""
        return self._known

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
            if Device.objects.count() != len(self._known):
                self._reload()
        self._looked_at = now

    def _take_changes(self, since: float) -> None:
        changed = Device.objects.filter(updated_at__gte=datetime.fromtimestamp(since, UTC))
        for uid, *facts in changed.values_list("uid", *DeviceRef._fields):
            self._keep(uid, DeviceRef(*facts))

    def _reload(self) -> None:
        rows = Device.objects.order_by().values_list("uid", *DeviceRef._fields)
        # Built aside: an error half way leaves the old picture whole.
        self._known = {uid: DeviceRef(*facts) for uid, *facts in rows.iterator(LOAD_CHUNK)}
        self._uid_of = {ref.id: uid for uid, ref in self._known.items()}
        for uid in self._unknown.keys() & self._known.keys():
            self._appear(uid)
        self._unknown.clear()
        self._reloaded_at = self._now

    def _keep(self, uid: str, ref: DeviceRef) -> None:
        old = self._uid_of.get(ref.id)
        if old is not None and old != uid:  # renamed by hand: the old name must stop working
            self._known.pop(old, None)
        self._known[uid] = ref
        self._uid_of[ref.id] = uid
        if self._unknown.pop(uid, None) is not None:
            self._appear(uid)

    def _appear(self, uid: str) -> None:
        if len(self.appeared) < MAX_NEGATIVE:
            self.appeared.add(uid)

    def ask(self, uids: Iterable[str]) -> None:
        """Look up those uids that are neither known nor lately found unknown, in one query for
        all: a fleet registered a moment ago, or a flood of strangers, costs one each batch."""
        wanted = [uid for uid in uids if uid not in self._known and not self._is_unknown(uid)]
        if not wanted:
            return
        found = Device.objects.filter(uid__in=wanted).values_list("uid", *DeviceRef._fields)
        for uid, *facts in found:
            self._keep(uid, DeviceRef(*facts))
        for uid in wanted:
            if uid not in self._known:
                self._unknown.pop(uid, None)  # so that it moves to the young end
                if len(self._unknown) >= MAX_NEGATIVE:
                    del self._unknown[next(iter(self._unknown))]
                self._unknown[uid] = self._now + NEGATIVE_FOR

    def _is_unknown(self, uid: str) -> bool:
        believed_until = self._unknown.get(uid)
        return believed_until is not None and 0 <= believed_until - self._now <= NEGATIVE_FOR
