"""Tell open pages of results, and of changes of derived series; after commit."""

from __future__ import annotations

from collections import defaultdict

from derived.models import DerivedSeries
from devices.events import announce, announce_after_commit, send_all
from telemetry.live import contract
from telemetry.models import Series
from telemetry.moments import in_ms
from telemetry.storage.replace import Replaced

MAX_FRAME = 500  # results that are sent as readings; of more, pages read the history again


class Numbers:
    """Sends as one worker, whose messages to each group are numbered."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._sent: dict[str, int] = defaultdict(int)

    def show(self, series_id: int, replaced: Replaced) -> None:
        """New results as readings; where others take the place of earlier ones, or there are many,
        pages read the history again."""
        if not len(replaced.changed_us):
            return
        if len(replaced.removed_us) or len(replaced.times_us) > MAX_FRAME:
            first, last = in_ms(int(replaced.changed_us[0])), in_ms(int(replaced.changed_us[-1]))
            announce(contract.refill("recomputed", [series_id], first, last))
            return
        device = Series.objects.filter(pk=series_id).values_list("device_id", flat=True).first()
        if device is None:
            return
        group = contract.shard_group(device)
        self._sent[group] += 1
        flat: list[int | float | str] = []
        for at, value in zip(replaced.times_us.tolist(), replaced.values.tolist(), strict=True):
            flat += (in_ms(at), value)
        send_all([(group, contract.readings(self._worker, self._sent[group], {series_id: flat}))])


def announce_changed(derived: DerivedSeries) -> None:
    """The list of derived series is another one, or one of them: read it again. After commit."""
    message = contract.event("derived", site=derived.series.device.site_id)
    announce_after_commit(lambda: [message])
