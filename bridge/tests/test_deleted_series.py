"""A series that an operator deletes while its device goes on sending."""

from __future__ import annotations

import json
import time

from bridge.tests.conftest import wait_settled
from telemetry.models import Series
from tests.waiting import eventually


def test_a_deleted_series_comes_back_with_the_next_reading_under_a_new_id(
    bridge, publisher, pump, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    publisher.send("devices/pump-1/telemetry", b'{"t":1,"u":1}')
    wait_settled(1)
    old = Series.objects.get(metric="t")
    other = Series.objects.get(metric="u")
    old.delete()
    began = time.time_ns() // 1_000_000
    sent = 0

    def back() -> Series | None:
        nonlocal sent
        sent += 1
        stamp = began + sent
        publisher.send(
            "devices/pump-1/telemetry", json.dumps({"ts": stamp, "values": {"t": sent, "u": sent}})
        )
        return Series.objects.filter(metric="t").first()

    new = eventually(back, what="the series is back")
    assert new.pk != old.pk
    wait_settled(sent + 1)
    stored = database(f"SELECT value FROM reading WHERE series_id = {new.pk}")
    assert stored
    # The other series of the device never noticed.
    assert Series.objects.get(metric="u").pk == other.pk
    assert database(f"SELECT count(*) FROM reading WHERE series_id = {other.pk}") == [(sent + 1,)]
