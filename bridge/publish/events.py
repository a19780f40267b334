"""The live events that follow from committed rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.commit.batch_rows import Rows
from telemetry.live import contract
from telemetry.series.form import series_form
from telemetry.storage import store

MAX_QUARANTINE_EVENTS = 20  # of one batch


def of_rows(rows: Rows, result: store.Written) -> Iterator[dict[str, Any]]:
    """Events for new or changed series, changed connections and quarantined messages."""
    uids = rows.uids
    by_device: dict[int, list[dict[str, Any]]] = {}
    for series in rows.changed_series:
        by_device.setdefault(series.device_id, []).append(series_form(series))
    for device_id, made in by_device.items():
        yield contract.event("series", uid=uids[device_id], series=made)
    for device_id in result.connection_changes:
        online, since = rows.batch.connections[device_id]
        yield contract.event(
            "presence",
            uid=uids[device_id],
            device_id=device_id,
            connection="online" if online else "offline",
            since=since // 1_000,
        )
    for kept in rows.batch.quarantined[:MAX_QUARANTINE_EVENTS]:
        yield contract.event(
            "quarantine",
            uid=kept.uid,
            topic=kept.topic,
            reason=kept.reason,
            detail=kept.detail,
            at=kept.received_us // 1_000,
        )
