"""What the dashboards are told of a replay: each committed chunk as a bridge would tell it, and at
its end that history changed."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.commit.batch_rows import Committed
from bridge.publish import events
from devices.events import announce_all
from devices.registry import Registry
from telemetry.live import contract
from telemetry.moments import in_ms


class ReplayEvents:
    """Announces after commit, by itself: a replay may run in any process."""

    def __init__(self, reason: contract.RefillReason) -> None:
        self._reason = reason
        self._series: set[int] = set()  # that got readings
        self._times: set[int] = set()  # Unix us: the first and the last of each chunk

    def tell(self, done: Committed, registry: Registry) -> None:
        """New series, changed connections. Call after commit."""
        batch = done.rows.batch
        # Of numpy's own types, which no channel layer knows, are those in columns.
        self._series.update(map(int, batch.series_ids))
        self._series.update(series_id for series_id, _, _ in batch.texts)
        self._note(batch.times_us)
        self._note([at for _, at, _ in batch.texts])
        if found := list(events.of_committed(done, registry)):
            announce_all(found)

    def refill(self) -> None:
        """Have viewers load the history of what was stored again: its past has changed, and frames
        carry the present."""
        if self._series:
            first, last = in_ms(min(self._times)), in_ms(max(self._times))
            announce_all(list(contract.refills(self._reason, self._series, first, last)))

    def _note(self, times: Iterable[int]) -> None:
        if found := [int(at) for at in times]:
            self._times.update((min(found), max(found)))
