"""The worker on the in-memory broker that is started where no Mosquitto is."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import psutil

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


def test_it_listens_on_this_machine_alone(iotcore) -> None:
    """It asks nobody who they are, on any of its ports."""
    process = psutil.Process(iotcore.pid)
    every = [process, *process.children(recursive=True)]
    there = [
        each for one in every for each in one.net_connections("inet") if each.status == "LISTEN"
    ]
    assert iotcore.port in {each.laddr.port for each in there}
    assert all(ip_address(each.laddr.ip).is_loopback for each in there)
    assert "open to this machine" in iotcore.server.shown
    assert "whoever is on this machine may publish as any device" in iotcore.server.notes
