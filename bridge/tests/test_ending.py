"""The end of a worker: however often it is told."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

from bridge.tests.conftest import end, worker_database_url
from tests.bridge_process import BridgeProcess
from tests.waiting import eventually


def test_any_number_of_signals_ends_it_once(mosquitto, database, tmp_path: Path) -> None:
    worker = BridgeProcess(
        tmp_path / "bridge.log",
        {
            "DATABASE_URL": worker_database_url(),
            "MQTT_URL": mosquitto.url,
            "PULSEBOARD_SPOOL": str(tmp_path / "spool"),
        },
    )
    try:
        worker.start()
        worker.wait_connected()
        process = worker.process
        assert process is not None

        def ended() -> bool:
            for _ in range(200):  # at every moment of the end, also the last
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            return process.poll() is not None

        eventually(ended, what="the end of the worker")
        log = worker.log.read_text()
        assert "Bad file descriptor" not in log
        assert "Traceback" not in log
    finally:
        end(worker)
