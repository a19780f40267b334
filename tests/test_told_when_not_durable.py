"""While messages do not become durable the bridge says so and why; later nothing is missing."""

from __future__ import annotations

import json
import resource
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bridge.tests.test_probe import get
from tests.fault_stack import WITHIN, Stack, assert_acked_is_stored_once
from tests.waiting import eventually

SMALL_DISK = 1_000_000  # bytes a file may grow to


class Probed:
    """A bridge under load that is asked how it is."""

    def __init__(self, stack: Stack, port: int) -> None:
        self.stack = stack
        self._port = port
        stack.bridge.start("--probe", f"127.0.0.1:{port}")

    def why(self) -> dict[str, str]:
        """What is in the way of messages becoming durable."""
        status, said = get(self._port, "/readyz")
        return json.loads(said).get("why", {}) if status else {}

    def is_ready(self) -> bool:
        return get(self._port, "/readyz")[0] == 200

    def health(self) -> tuple[int, str]:
        return get(self._port, "/healthz")

    def metric(self, name: str) -> float:
        lines = get(self._port, "/metrics")[1].splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@pytest.fixture
def probed(unstarted: Stack, free_port: Callable[[], int]) -> Probed:
    made = Probed(unstarted, free_port())
    eventually(made.is_ready, WITHIN, what=lambda: f"ready: {made.why()}")
    return made


def acked(stack: Stack) -> int:
    assert stack.publisher is not None
    return len(stack.publisher.acked)


def holder(connection: psycopg.Connection) -> str | None:
    """The process that bridges as bridge-0."""
    found = connection.execute("SELECT owner FROM ingest_lease WHERE name = 'bridge-0'").fetchone()
    return None if found is None else found[0]


def test_a_spool_on_a_full_disk(probed: Probed) -> None:
    stack = probed.stack
    stack.start_load()
    assert stack.bridge.process is not None
    resource.prlimit(stack.bridge.process.pid, resource.RLIMIT_FSIZE, (SMALL_DISK, SMALL_DISK))
    stack.postgres.kill()
    eventually(lambda: stack.bridge.said("spool full"), WITHIN, what="the disk is full")
    eventually(lambda: {"spool", "database"} <= probed.why().keys(), WITHIN, what="it is told")
    assert probed.metric("pulseboard_bridge_spool_full") == 1
    assert probed.health()[0] == 200  # its threads are well: it is the disk
    stack.postgres.start()
    eventually(lambda: stack.bridge.said("spool drained"), WITHIN, what="the spool is drained")
    eventually(probed.is_ready, WITHIN, what=lambda: f"ready again: {probed.why()}")
    assert_acked_is_stored_once(stack)
    assert stack.bridge.said("Traceback") == 0


def test_a_spool_that_another_process_locks(probed: Probed) -> None:
    stack = probed.stack
    stack.start_load()
    eventually(lambda: acked(stack) > 50, WITHIN)
    stack.postgres.kill()
    eventually(lambda: stack.bridge.said("messages go to"), WITHIN, what="spooling")
    spool = Path(stack.environment["PULSEBOARD_SPOOL"]) / "bridge-0.sqlite"
    other = sqlite3.connect(spool, isolation_level=None, timeout=WITHIN)
    try:
        other.execute("BEGIN IMMEDIATE")
        eventually(lambda: "locked" in probed.why().get("spool", ""), WITHIN, what="it is told")
        stack.postgres.start()
        # What is in the spool is read and stored all the same; it leaves the file later.
        eventually(lambda: stack.bridge.said("spool drained"), WITHIN, what="drained")
    finally:
        other.close()
    eventually(probed.is_ready, WITHIN, what=lambda: f"ready again: {probed.why()}")
    assert_acked_is_stored_once(stack)
    assert stack.bridge.said("Traceback") == 0


def test_a_database_that_hangs_counts_as_away(probed: Probed) -> None:
    stack = probed.stack
    stack.start_load()
    eventually(lambda: stack.stored_count() > 50, WITHIN)
    assert probed.metric("pulseboard_bridge_database_up") == 1
    stack.postgres.freeze()
    try:
        eventually(lambda: "not answered" in probed.why().get("database", ""), WITHIN)
        assert probed.metric("pulseboard_bridge_database_up") == 0
        assert probed.health()[0] == 200
    finally:
        stack.postgres.thaw()
    eventually(probed.is_ready, WITHIN, what=lambda: f"ready again: {probed.why()}")
    assert_acked_is_stored_once(stack)


def test_messages_that_wait_in_the_broker_count_as_lag(probed: Probed) -> None:
    stack = probed.stack
    stack.start_load()
    eventually(lambda: stack.stored_count() > 50, WITHIN)
    newest = probed.metric("pulseboard_bridge_newest_reading_seconds")
    assert abs(newest - time.time()) < WITHIN
    eventually(lambda: 0 < probed.metric("pulseboard_bridge_lag_seconds") < 1, WITHIN)
    stack.broker.freeze()
    try:
        eventually(lambda: probed.metric("pulseboard_bridge_lag_seconds") > 2, WITHIN)
    finally:
        stack.broker.thaw()
    eventually(lambda: probed.metric("pulseboard_bridge_lag_seconds") < 1, WITHIN)


def test_what_fails_at_the_start_is_told_and_tried_again(
    unstarted: Stack, free_port: Callable[[], int]
) -> None:
    """Here what an earlier process left is not what it wrote."""
    with psycopg.connect(unstarted.postgres.url) as connection:
        connection.execute(
            "INSERT INTO ingest_delivery (worker, deliveries) VALUES ('bridge-0', 'torn')"
        )
    probed = Probed(unstarted, free_port())
    eventually(lambda: "ValueError" in probed.why().get("caches", ""), WITHIN, what=probed.why)
    assert unstarted.bridge.said("Traceback")
    with psycopg.connect(unstarted.postgres.url) as connection:
        connection.execute("DELETE FROM ingest_delivery")
    eventually(probed.is_ready, WITHIN, what=lambda: f"ready: {probed.why()}")
    unstarted.start_load()
    assert_acked_is_stored_once(unstarted)


def test_a_bridge_killed_has_its_name_again_at_once_and_another_has_not(
    probed: Probed, tmp_path: Path
) -> None:
    """Behind a pooler no session of the database is ours, so the name is held by a row."""
    stack = probed.stack
    stack.start_load()
    stack.wait_stored_grows()
    with psycopg.connect(stack.postgres.url) as connection:
        # Asked for by name: what a bridge says to Home Assistant has a lease of its own.
        owner = holder(connection)
        assert owner
        stack.bridge.kill()
        connection.execute(
            "UPDATE ingest_lease SET expires_at = now() + interval '1 hour' WHERE name = 'bridge-0'"
        )
        connection.commit()
        stack.bridge.start()
        stack.wait_stored_grows()
        # Taken by another all the same: it stores nothing more, and ends.
        connection.execute("UPDATE ingest_lease SET owner = 'another' WHERE name = 'bridge-0'")
        connection.commit()
        assert stack.bridge.wait() == 1
        assert stack.bridge.said("another process bridges as bridge-0")
        connection.execute("DELETE FROM ingest_lease WHERE name = 'bridge-0'")
        connection.commit()
    stack.bridge.start()
    assert_acked_is_stored_once(stack)
    with psycopg.connect(stack.postgres.url) as connection:
        assert holder(connection) == owner
