"""Workers that share a group, and slots that join and leave it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge import listening
from bridge.models import IgnoredMessages
from devices import clock
from devices.models import Presence
from telemetry.models import QuarantinedMessage
from telemetry.worker_counts import IngestWorker
from telemetry.workers import past
from tests.bridge_process import BridgeProcess, Publisher
from tests.waiting import eventually

GROUP = ("--group", "plant")
TELEMETRY, STATUS = "devices/pump-1/telemetry", "devices/pump-1/status"


@pytest.fixture
def second(bridge: BridgeProcess, tmp_path: Path) -> Iterator[BridgeProcess]:
    made = BridgeProcess(tmp_path / "bridge-1.log", bridge.environment)
    yield made
    made.close()  # that both have no connection left is waited for by `bridge`


@pytest.fixture
def publishers(mosquitto) -> Iterator[list[Publisher]]:
    made = [Publisher(mosquitto.port, f"test-publisher-{number}") for number in range(4)]
    yield made
    for each in made:
        each.close()


def start_both(bridge: BridgeProcess, second: BridgeProcess) -> None:
    bridge.start("--slot", "0", *GROUP)
    second.start("--slot", "1", *GROUP)
    bridge.wait_connected()
    second.wait_connected()


def send(publishers: list[Publisher], first: int, count: int) -> None:
    for number in range(first, first + count):
        publishers[number % len(publishers)].send(TELEMETRY, b'{"n":%d}' % number)
    for each in publishers:
        each.wait_acked()


def wait_stored(database, numbers: range) -> None:
    """Each number is stored, and each once."""

    def stored() -> list[int]:
        return sorted(int(n) for (n,) in database("SELECT value FROM reading"))

    eventually(lambda: len(stored()) >= len(numbers), 60, what=lambda: f"{len(stored())} stored")
    assert stored() == list(numbers)


def test_two_workers_store_every_message_of_a_device_that_sends_no_time(
    bridge, second, publishers, pump, database
) -> None:
    """Of 2 005 acknowledged messages 1 006 were stored, the others counted as duplicates."""
    start_both(bridge, second)
    send(publishers, 0, 1_000)
    wait_stored(database, range(1_000))
    shares = dict(IngestWorker.objects.values_list("name", "counters__stored"))
    assert shares.keys() == {"bridge-0", "bridge-1"}


def test_a_backlog_of_two_workers_is_stored_whole(
    bridge, second, publishers, pump, database
) -> None:
    start_both(bridge, second)
    send(publishers, 0, 500)
    wait_stored(database, range(500))
    assert bridge.stop() == second.stop() == 0
    send(publishers, 500, 1_500)
    bridge.start("--slot", "0", *GROUP)
    second.start("--slot", "1", *GROUP)
    wait_stored(database, range(2_000))
    # Each counted from zero when it started again; what had been counted stays counted, once.
    assert bridge.stop() == second.stop() == 0
    soon = clock.now() + timedelta(minutes=2)
    counted = past.minutes(soon - timedelta(hours=1), soon)
    assert sum(each.finished for each in counted) == pytest.approx(2_000)
    assert sum(each.readings for each in counted) == pytest.approx(2_000)


def test_a_slot_that_joins_a_group_gives_up_what_it_had_for_itself(
    bridge, second, publishers, pump, database
) -> None:
    """600 messages became 954 rows."""
    bridge.start("--slot", "0")
    bridge.wait_connected()
    assert bridge.stop() == 0
    bridge.start("--slot", "0", *GROUP)
    second.start("--slot", "1", *GROUP)
    bridge.wait_connected(2)
    second.wait_connected()
    send(publishers, 0, 300)
    wait_stored(database, range(300))


def test_a_retired_slot_stores_what_it_holds_and_keeps_no_share(
    bridge, second, publishers, pump, database
) -> None:
    start_both(bridge, second)
    assert second.stop() == 0
    send(publishers, 0, 200)
    second.start("--slot", "1", *GROUP, "--retire")
    assert second.wait() == 0
    wait_stored(database, range(200))
    send(publishers, 200, 200)
    wait_stored(database, range(400))
    assert database("SELECT worker FROM ingest_session") == [("bridge-0",)]
    assert list(IngestWorker.objects.values_list("name", flat=True)) == ["bridge-0"]


def test_a_slot_that_leaves_a_group_keeps_no_share_of_it(
    bridge, second, publishers, pump, database
) -> None:
    start_both(bridge, second)
    assert second.stop() == bridge.stop() == 0
    second.start("--slot", "1")
    second.wait_connected(2)
    filters = "SELECT filters FROM ingest_session WHERE worker = 'bridge-1'"
    plain = [(list(listening.subscriptions().names),)]
    eventually(lambda: database(filters) == plain, 30, what="it is noted what it has")
    assert second.stop() == 0
    bridge.start("--slot", "0", *GROUP)
    bridge.wait_connected(2)
    send(publishers, 0, 100)
    wait_stored(database, range(100))


def test_a_status_message_is_one_workers(bridge, second, publishers, pump, database) -> None:
    start_both(bridge, second)
    publishers[0].send(STATUS, b"dancing")
    publishers[0].send(STATUS, b"offline")
    send(publishers, 0, 10)
    wait_stored(database, range(10))
    eventually(lambda: Presence.objects.filter(device=pump, connection="offline").exists())
    # Until they have stopped one of them may have copies before it, and its books are behind.
    assert bridge.stop() == second.stop() == 0
    assert QuarantinedMessage.objects.count() == 1
    received = sum(IngestWorker.objects.values_list("counters__received", flat=True))
    # Copies of what came while one of them looked what was kept.
    repeats = IgnoredMessages.objects.filter(reason="another_subscription")
    assert received - sum(repeats.values_list("messages", flat=True)) == 12


def test_a_group_learns_what_was_kept_before_it_started(
    bridge, second, publishers, pump, database
) -> None:
    """A shared subscription is sent nothing that is kept; one of the group asks for it."""
    publishers[0].send(STATUS, b"online", retain=True)
    publishers[0].send(STATUS.replace("pump-1", "new-1"), b"online", retain=True)
    publishers[0].wait_acked()
    start_both(bridge, second)
    eventually(lambda: Presence.objects.filter(device=pump, connection="online").exists())
    filters = "SELECT count(*) FROM ingest_session WHERE filters && ARRAY['devices/+/status']"
    eventually(lambda: database(filters) == [(0,)], 30, what="what was subscribed for it is gone")
    assert QuarantinedMessage.objects.filter(uid="new-1").count() == 1


def test_the_client_id_cannot_be_guessed_and_stays(bridge, publishers, pump, database) -> None:
    bridge.start()
    bridge.wait_connected()
    ((client_id,),) = database("SELECT client_id FROM ingest_session")
    assert len(client_id.rpartition("-")[2]) == 24
    assert bridge.stop() == 0
    send(publishers, 0, 10)
    bridge.start()
    wait_stored(database, range(10))
    assert database("SELECT client_id FROM ingest_session") == [(client_id,)]


def test_arrays_faster_than_the_clock_leave_room_for_what_comes_after_a_restart(
    bridge, publishers, pump, database
) -> None:
    """The stamps ran ahead, and 500 of 500 readings of the next process met them."""
    bridge.start()
    bridge.wait_connected()
    for start in range(0, 8_000, 2_000):
        objects = ",".join(f'{{"n":{number}}}' for number in range(start, start + 2_000))
        publishers[0].send(TELEMETRY, f"[{objects}]")
    eventually(lambda: database("SELECT count(*) FROM reading") == [(8_000,)], 60)
    ahead = "SELECT count(*) FROM reading WHERE time > now() + interval '2 seconds'"
    assert database(ahead) == [(0,)]
    bridge.kill()
    bridge.start()
    bridge.wait_connected(2)
    send(publishers, 8_000, 300)
    wait_stored(database, range(8_300))
