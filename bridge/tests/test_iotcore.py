"""The worker on the in-memory broker that is started where no Mosquitto is."""

from __future__ import annotations

from pathlib import Path

from bridge.tests.conftest import end, wait_settled, worker_database_url
from tests.bridge_process import BridgeProcess, Publisher
from tests.waiting import eventually


def test_readings_are_stored_and_the_session_outlives_the_worker(
    iotcore, pump, database, tmp_path: Path
) -> None:
    worker = BridgeProcess(
        tmp_path / "bridge.log",
        {
            "DATABASE_URL": worker_database_url(),
            "MQTT_URL": iotcore.url,
            "PULSEBOARD_SPOOL": str(tmp_path / "spool"),
        },
    )
    publisher = None
    try:
        worker.start()
        worker.wait_connected()
        publisher = Publisher(iotcore.port)
        for number in range(300):
            publisher.send("devices/pump-1/telemetry", b'{"v":%d}' % number)
        publisher.wait_acked()
        assert wait_settled(300)["stored"] == 300
        assert worker.stop() == 0
        publisher.send("devices/pump-1/telemetry", b'{"v":300}')
        publisher.wait_acked()
        worker.start()
        distinct = "SELECT count(DISTINCT value) FROM reading"
        eventually(lambda: database(distinct) == [(301,)], what="what came meanwhile")
    finally:
        end(worker)
        if publisher is not None:
            publisher.close()
