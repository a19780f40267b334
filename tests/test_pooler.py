"""Behind a pooler in transaction mode nothing of a bridge hangs on a session of the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bridge.tests.conftest import bridge, counters, database, publisher, pump, wait_settled
from tests.bridge_process import BridgeProcess, Publisher
from tests.database_url import database_url
from tests.pooler import SESSIONS, Pgbouncer
from tests.servers import RunningServer
from tests.waiting import eventually

__all__ = ["bridge", "database", "publisher", "pump"]  # fixtures
pytestmark = pytest.mark.process


@pytest.fixture
def pooler(database: object, server_folder: Path, free_port) -> Iterator[RunningServer]:
    running = RunningServer(Pgbouncer(server_folder / "pooler", free_port(), database_url()))
    try:
        yield running.start()
    finally:
        running.stop()


def sessions(pooler: RunningServer) -> int:
    """Those the pooler has of the database."""
    with psycopg.connect(database_url()) as connection:
        return connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pooled'"
        ).fetchone()[0]


def test_a_bridge_behind_a_pooler_stores_is_killed_and_comes_back_and_is_one(
    bridge: BridgeProcess,
    publisher: Publisher,
    pump: object,
    pooler: RunningServer,
    database,
    tmp_path: Path,
) -> None:
    bridge.environment["DATABASE_URL"] = f"{pooler.url}?application_name=pooled"
    bridge.start()
    bridge.wait_connected()
    topic, now = "devices/pump-1/telemetry", time.time_ns() // 1_000_000
    for number in range(50):
        publisher.send(topic, b'{"n":%d}' % number)
        publisher.send(topic, b'{"ts":%d,"values":{"t":%d,"s":"a"}}' % (now - number, number))
    publisher.send("devices/pump-1/status", b"online")
    books = wait_settled(101)
    assert (books["stored"], books["database_up"]) == (101, 1)
    assert 0 < sessions(pooler) <= SESSIONS

    # Another of the same name gives way while the first one runs.
    second = BridgeProcess(
        tmp_path / "second.log",
        {**bridge.environment, "PULSEBOARD_SPOOL": str(tmp_path / "elsewhere")},
    ).start()
    try:
        assert second.wait() == 1
        assert second.said("another process bridges as bridge-0")
    finally:
        second.close()

    bridge.kill()
    for number in range(50, 100):
        publisher.send(topic, b'{"n":%d}' % number)
    publisher.wait_acked()
    bridge.start()
    wanted = "SELECT count(*) FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
    stored = [(100,)]
    eventually(lambda: database(f"{wanted} WHERE s.metric = 'n'") == stored, 90, what=counters)
    assert database("SELECT count(*) FROM text_reading") == [(50,)]
    assert bridge.stop() == 0
