"""A bridge worker between a broker and the test database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from bridge.intake.instants import REACH_US, Instants
from devices.models import Device
from telemetry.worker_counts import IngestWorker
from tests.bridge_process import BridgeProcess, Publisher
from tests.database_url import database_url
from tests.waiting import eventually

WORKER = "worker-under-test"  # the name of its connections to the database


@pytest.fixture
def database(days_around_now: None) -> Callable[[str], list[tuple]]:
    """Run a query on the test database, which other processes may write to."""

    def query(statement: str) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    return query


@pytest.fixture
def pump(database: object) -> Device:
    return Device.objects.create(uid="pump-1", name="Pump 1")


@pytest.fixture
def freezer(database: object) -> Device:
    """A device with its token."""
    device = Device(uid="freezer-1", name="Freezer 1")
    device.issue_token()
    device.save()
    return device


@pytest.fixture
def bridge(database: object, mosquitto, tmp_path: Path, settings) -> Iterator[BridgeProcess]:
    """A worker that is ready to start, writing to the test database."""
    worker = BridgeProcess(
        tmp_path / "bridge.log",
        {
            "DATABASE_URL": worker_database_url(),
            "MQTT_URL": mosquitto.url,
            "PULSEBOARD_SPOOL": str(tmp_path / "spool"),
            "PULSEBOARD_PREFIX": settings.PULSEBOARD_PREFIX,
        },
    )
    yield worker
    end(worker)


@pytest.fixture
def publisher(mosquitto) -> Iterator[Publisher]:
    made = Publisher(mosquitto.port)
    yield made
    made.close()


def worker_database_url() -> str:
    return f"{database_url()}?application_name={WORKER}"


def end(worker: BridgeProcess) -> None:
    """Kill it, and wait for its connections: Postgres finishes the statement that a killed process
    had sent, and what it writes would be there in the next test."""
    worker.close()

    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [WORKER]
            )
            return cursor.fetchone()[0]

    eventually(lambda: connections() == 0, what="the worker's connections are gone")


def holding(worker: str = "worker-under-test") -> Instants:
    """The lanes of a worker, some of them taken."""
    made = Instants(f"{worker}-{secrets.token_hex(4)}", REACH_US)
    made.keep()
    return made


def counters() -> dict[str, int]:
    """What the worker last said of itself."""
    worker = IngestWorker.objects.filter(name="bridge-0").first()
    return worker.counters if worker else {}


def wait_settled(received: int) -> dict[str, int]:
    """The worker's counters once it has received this much and settled all of it: nothing waits in
    the spool either, where a commit that takes seconds sends it."""

    def settled() -> dict[str, int] | None:
        now = counters()
        done = now.get("received", 0) >= received and now["in_flight"] == now["spooled"] == 0
        return now if done else None

    return eventually(settled, what=lambda: f"{received} settled, worker says {counters()}")
