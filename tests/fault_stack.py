"""Private servers with a bridge between them, under a load that goes on until told to stop."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import clusters
from tests.bridge_process import BridgeProcess, Publisher
from tests.servers import RunningServer, serving_copy
from tests.waiting import eventually

DEVICES = 20
MESSAGES_PER_SECOND = 200  # several in each batch, and some on their way whenever one is killed
ENOUGH = 100  # messages, acknowledged and stored since the last fault, that show that all goes on
WITHIN = 90.0  # seconds for the system to recover from anything, on a busy machine


class Stack:
    """Private servers with a bridge between them, and a load that goes on until told to stop."""

    def __init__(
        self,
        postgres: RunningServer,
        redis: RunningServer,
        broker: RunningServer,
        folder: Path,
        messages_per_second: float,
        senders: int,
    ) -> None:
        self.messages_per_second, self.senders = messages_per_second, senders
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

    def start_load(self) -> None:
        """Numbered readings: some with a time of their own, some that the bridge must stamp."""
        self.publisher = Publisher(self.broker.port)
        self._load = threading.Thread(target=self._publish, daemon=True)
        self._load.start()

    def _publish(self) -> None:
        assert self.publisher is not None
        number = 0
        while not self._stop.wait(1 / self.messages_per_second):
            payload = b'{"n":%d}' % number
            if has_time(number):
                payload = b'{"ts":%d,"values":{"n":%d}}' % (1_750_000_000_000 + number, number)
            self.publisher.send(f"devices/dev-{number % self.senders}/telemetry", payload)
            number += 1

    def stop_load(self) -> None:
        self._stop.set()
        assert self._load is not None
        self._load.join()

    def stored(self) -> list[int]:
        """Every stored number, as often as it is stored."""
        with psycopg.connect(self.postgres.url) as connection:
            return [int(value) for (value,) in connection.execute("SELECT value FROM reading")]

    def stored_count(self) -> int:
        """How many are stored: to ask again and again costs less than to read them."""
        with psycopg.connect(self.postgres.url) as connection:
            row = connection.execute("SELECT count(*) FROM reading").fetchone()
        assert row
        return int(row[0])

    def wait_stored_grows(self) -> None:
        before = self.stored_count()
        eventually(lambda: self.stored_count() > before + 20, WITHIN, what="ingest goes on")

    def close(self) -> None:
        self._stop.set()
        if self._load is not None:
            self._load.join()
        self.bridge.close()
        if self.publisher is not None:
            self.publisher.close()


def has_time(number: int) -> bool:
    """Whether a message of the load says itself when it was measured."""
    return number % 2 == 1


def _fill(url: str) -> None:
    """Today's partitions and the devices."""
    clusters.manage(url, "maintain", "--once")
    with psycopg.connect(url) as connection:
        for number in range(DEVICES):
            connection.execute(
                "INSERT INTO devices_device (uid, name, kind, tags, enabled,"
                " expected_interval, location, notes, metadata, token_prefix, token_digest,"
                " created_at, updated_at) VALUES (%s, %s, '', '{}', true, 1, '', '', '{}',"
                " '', '', now(), now())",
                (f"dev-{number}", f"Device {number}"),
            )


@pytest.fixture
def filled_postgres(server_folder: Path) -> Iterator[RunningServer]:
    filled = clusters.changed("filled", clusters.migrated, _fill)
    with serving_copy(filled, server_folder / "postgres") as server:
        yield server


@pytest.fixture
def messages_per_second() -> float:
    """How much the load is; a module that proves nothing about load has its own."""
    return MESSAGES_PER_SECOND


@pytest.fixture
def senders() -> int:
    """How many of the devices send."""
    return DEVICES


@pytest.fixture
def unstarted(
    filled_postgres,
    redis_server,
    mosquitto,
    tmp_path: Path,
    messages_per_second: float,
    senders: int,
) -> Iterator[Stack]:
    """Servers and devices, but no bridge and no load yet."""
    made = Stack(filled_postgres, redis_server, mosquitto, tmp_path, messages_per_second, senders)
    yield made
    made.close()


@pytest.fixture
def stack(unstarted: Stack) -> Stack:
    """A bridge under load."""
    unstarted.bridge.start()
    unstarted.bridge.wait_connected()
    unstarted.start_load()
    eventually(lambda: unstarted.stored_count() > 50, WITHIN, what="the first readings")
    return unstarted


def assert_acked_is_stored_once(stack: Stack) -> None:
    """To be asked after the last fault, while the load still runs."""
    assert stack.publisher is not None
    publisher = stack.publisher
    before = stack.stored_count(), publisher.acked_count

    def goes_on() -> bool:
        now = stack.stored_count(), publisher.acked_count
        return all(after >= earlier + ENOUGH for after, earlier in zip(now, before, strict=True))

    eventually(goes_on, WITHIN, what=f"{ENOUGH} more are acknowledged and stored")
    stack.stop_load()
    publisher.wait_acked(WITHIN)
    acked = publisher.acked
    eventually(lambda: set(stack.stored()) >= acked, WITHIN, what="every acked message is stored")
    twice = {number for number, times in Counter(stack.stored()).items() if times > 1}
    # Two messages without a time are two readings, also when they say the same.
    excused = {number for number in publisher.sent_again if not has_time(number)}
    assert twice <= excused, "a message is stored twice"
