"""Any server killed under load: all recovers by itself, every acked message is stored once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.bridge_process import ROOT, BridgeProcess, Publisher
from tests.servers import RunningServer
from tests.waiting import eventually

DEVICES = 20
MESSAGES_PER_SECOND = 400


class Stack:
    """Private servers with a bridge between them, and a load that goes on until told to stop."""

    def __init__(
        self, postgres: RunningServer, redis: RunningServer, broker: RunningServer, folder: Path
    ) -> None:
        self.postgres, self.redis, self.broker = postgres, redis, broker
        self.environment = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "MQTT_URL": broker.url,
            "PULSEBOARD_SPOOL": str(folder / "spool"),
        }
        self.bridge = BridgeProcess(folder / "bridge.log", self.environment)
        self.publisher: Publisher | None = None
        self._stop = threading.Event()
        self._load: threading.Thread | None = None

    def prepare(self) -> None:
        environment = {**os.environ, **self.environment}
        for arguments in (["migrate", "--verbosity", "0"], ["maintain", "--once"]):
            command = [sys.executable, "manage.py", *arguments]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
        with psycopg.connect(self.postgres.url) as connection:
            for number in range(DEVICES):
                connection.execute(
                    "INSERT INTO devices_device (uid, name, kind, tags, enabled,"
                    " expected_interval, location, notes, metadata, token_prefix, token_digest,"
                    " created_at, updated_at) VALUES (%s, %s, '', '{}', true, 1, '', '', '{}',"
                    " '', '', now(), now())",
                    (f"dev-{number}", f"Device {number}"),
                )

    def start_load(self) -> None:
        """Numbered readings: some with a time of their own, some that the bridge must stamp."""
        self.publisher = Publisher(self.broker.port)
        self._load = threading.Thread(target=self._publish, daemon=True)
        self._load.start()

    def _publish(self) -> None:
        assert self.publisher is not None
        number = 0
        while not self._stop.wait(1 / MESSAGES_PER_SECOND):
            payload = b'{"n":%d}' % number
            if number % 2:
                payload = b'{"ts":%d,"values":{"n":%d}}' % (1_750_000_000_000 + number, number)
            self.publisher.send(f"devices/dev-{number % DEVICES}/telemetry", payload)
            number += 1

    def stop_load(self) -> None:
        self._stop.set()
        assert self._load is not None
        self._load.join()

    def stored(self) -> list[int]:
        """Every stored number, as often as it is stored."""
        with psycopg.connect(self.postgres.url) as connection:
            return [int(value) for (value,) in connection.execute("SELECT value FROM reading")]

    def wait_stored_grows(self) -> None:
        before = len(self.stored())
        eventually(lambda: len(self.stored()) > before + 20, 40, what="ingest goes on")

    def close(self) -> None:
        self._stop.set()
        if self._load is not None:
            self._load.join()
        self.bridge.close()
        if self.publisher is not None:
            self.publisher.close()


@pytest.fixture
def unstarted(postgres_server, redis_server, mosquitto, tmp_path: Path) -> Iterator[Stack]:
    """Servers and devices, but no bridge and no load yet."""
    made = Stack(postgres_server, redis_server, mosquitto, tmp_path)
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def stack(unstarted: Stack) -> Stack:
    """A bridge under load."""
    unstarted.bridge.start()
    unstarted.bridge.wait_connected()
    unstarted.start_load()
    eventually(lambda: len(unstarted.stored()) > 50, 30, what="the first readings")
    return unstarted


def assert_acked_is_stored_once(stack: Stack) -> None:
    stack.stop_load()
    assert stack.publisher is not None
    stack.publisher.wait_acked(60)
    acked = stack.publisher.acked
    eventually(lambda: set(stack.stored()) >= acked, 60, what="every acked message is stored")
    stored = stack.stored()
    assert len(stored) == len(set(stored)), "a message is stored twice"
    assert len(acked) > 100


def test_bridge_killed_again_and_again(stack: Stack) -> None:
    chance = random.Random(1)
    for _ in range(4):
        before = len(stack.stored())
        goal = before + chance.randrange(1, 120)
        eventually(lambda: len(stack.stored()) >= goal, 30)  # noqa: B023  (called at once)
        stack.bridge.kill()
        stack.bridge.start()
    stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)


def test_postgres_killed_and_restarted(stack: Stack) -> None:
    stack.postgres.kill()
    eventually(lambda: stack.bridge.said("database away"), 30, what="the bridge says so")
    stack.postgres.start()
    stack.wait_stored_grows()
    assert stack.bridge.process is not None
    assert stack.bridge.process.poll() is None
    assert_acked_is_stored_once(stack)


def test_redis_killed_and_restarted_costs_no_reading(stack: Stack) -> None:
    stack.redis.kill()
    eventually(lambda: stack.bridge.said("live frames not sent"), 30, what="the bridge says so")
    stack.wait_stored_grows()
    stack.redis.start()
    stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)


def test_broker_restarted(stack: Stack) -> None:
    stack.broker.stop()
    eventually(lambda: stack.bridge.said("disconnected"), 30, what="the bridge says so")
    stack.broker.start()
    stack.bridge.wait_connected(times=2)
    stack.wait_stored_grows()
    assert stack.bridge.said("lost our session") == 0
    assert_acked_is_stored_once(stack)


def test_one_of_two_workers_killed(unstarted: Stack, tmp_path: Path) -> None:
    stack = unstarted
    workers = [BridgeProcess(tmp_path / f"bridge-{n}.log", stack.environment) for n in (1, 2)]
    try:
        for slot, worker in enumerate(workers, 1):
            worker.start("--slot", str(slot), "--group", "pair")
        for worker in workers:
            worker.wait_connected()
        stack.start_load()
        stack.wait_stored_grows()
        workers[1].kill()
        stack.wait_stored_grows()  # the other goes on
        workers[1].start("--slot", "2", "--group", "pair")
        assert_acked_is_stored_once(stack)
        with psycopg.connect(stack.postgres.url) as connection:
            shares = connection.execute(
                "SELECT counters->'stored' FROM telemetry_ingestworker"
            ).fetchall()
        assert len(shares) == 2
        assert all(stored > 0 for (stored,) in shares)
    finally:
        for worker in workers:
            worker.close()


def test_two_processes_never_share_a_slot(stack: Stack, tmp_path: Path) -> None:
    second = BridgeProcess(tmp_path / "second.log", stack.environment)
    second.start()
    assert second.process is not None
    assert second.process.wait(30) == 1
    assert second.said("Give each worker a --slot of its own")
    elsewhere = BridgeProcess(
        tmp_path / "elsewhere.log",
        {**stack.environment, "PULSEBOARD_SPOOL": str(tmp_path / "other-spool")},
    )
    elsewhere.start()  # as on another machine
    assert elsewhere.process is not None
    assert elsewhere.process.wait(40) == 1
    assert elsewhere.said("another process bridges as bridge-0")
    assert stack.bridge.said("disconnected") == 0
    assert_acked_is_stored_once(stack)
