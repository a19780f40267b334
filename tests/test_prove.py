"""`manage.py prove`: a short proof holds, and what is missing or doubled is found."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
from django.db import connection

from devices.models import Device
from embedded.prove import faults, packets
from embedded.prove.ledger import LATE, POISON, STAMPED, TIMED, BrokerKill, Forgotten, Ledger
from embedded.prove.load import Load
from embedded.prove.messages import POISONS, Messages
from embedded.prove.options import read
from embedded.prove.publisher import Address, Publisher
from embedded.prove.stored import Stored, balanced
from telemetry.models import Series
from telemetry.storage import store
from tests import clusters
from tests.forked_program import ForkedProgram, running
from tests.waiting import eventually

PROMISED = {
    *("sent", "acked", "stored", "lost", "duplicated"),
    *("faults", "recovery_s_max", "peak_rss_mib"),
}
PROGRAM = "embedded.prove.command"  # `manage.py prove`
PROVED_SECONDS = 600.0  # of one that hangs


def environment() -> dict[str, str]:
    """As in a fresh checkout: nothing that names a server or a key."""
    ours = ("DATABASE_URL", "REDIS_URL", "MQTT_URL")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {name: value for name, value in kept.items() if not name.startswith("PULSEBOARD_")}


def proving(*words: str) -> AbstractContextManager[ForkedProgram]:
    """`manage.py prove` where the tables are there: to make them is what `up` does at a first
    start, and takes longer than a short proof."""
    return running(PROGRAM, *words, environment=environment(), cluster=clusters.migrated())


@pytest.mark.process
def test_a_short_proof_holds_and_ends_with_its_numbers_in_json() -> None:
    chosen = "bridge-kill,postgres-kill,connection-cut,duplicates,poison"
    words = ["--faults", "5", "--seed", "7", "--rate", "300", "--only", chosen, "--json"]
    with proving(*words) as proof:
        assert proof.process.wait(PROVED_SECONDS) == 0, proof.said + proof.log
        said = json.loads(proof.said.splitlines()[-1])
    assert said.keys() >= PROMISED
    assert (said["lost"], said["duplicated"], said["failures"]) == (0, 0, [])
    assert said["faults"] == 5
    assert said["stored"] >= said["acked"] > 100
    assert said["poison"] >= 7
    assert said["recovery_s"].keys() == set(chosen.split(","))
    assert 0 < said["recovery_s_max"] < 120
    assert said["peak_rss_mib"] > 20


@pytest.mark.process
def test_an_interrupted_proof_tells_what_it_knows_and_leaves_nothing() -> None:
    words = ("--faults", "500", "--only", "late", "--rate", "100")
    with proving(*words) as proof:
        eventually(lambda: "late" in proof.said, what=lambda: proof.log)
        folder = Path(proof.said.splitlines()[0].rsplit(" in ", 1)[1])
        children = psutil.Process(proof.process.pid).children(recursive=True)
        assert len(children) > 4
        proof.process.send_signal(signal.SIGINT)
        assert proof.process.wait(120) == 130
        assert "acked" in proof.said
        assert proof.said.splitlines()[-1] == "interrupted"
    eventually(lambda: not any(child.is_running() for child in children))
    assert not folder.exists()


@pytest.fixture
def messages() -> Messages:
    return Messages("abcd", 3, time.time_ns() // 1_000_000)


@pytest.fixture
def load(messages: Messages) -> Load:
    """Two messages of each kind, sent once and acknowledged; nothing listens."""
    made = Load(Address("127.0.0.1", 9), messages, 100.0)
    for kind in (TIMED, STAMPED, LATE, POISON) * 2:
        number = made.ledger.add(kind)
        made.ledger.sending(number)
        made.ledger.acknowledged(number)
    return made


@pytest.fixture
def stored(load: Load, messages: Messages, transactional_db: None) -> Iterator[Stored]:
    """What the bridge would have made of them, in the real tables."""
    made = Stored(messages)
    made.register()
    for number, kind in enumerate(load.ledger.kinds):
        insert(messages, number, kind)
    yield made
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading")


def insert(
    messages: Messages, number: int, kind: int, *, later_ms: int = 0, posted: bool = False
) -> None:
    topic, payload = messages.message(number, kind)
    if posted:
        payload = messages.post(number, kind)
    batch = store.Batch()
    if kind == POISON:
        reason = ("malformed_json", "")
        at = time.time_ns() // 1_000
        row = (0, at, topic.decode(), "", *reason, payload, {}, False, False)
        batch.quarantined.append(store.Quarantined(*row))
    else:
        document = json.loads(payload)
        metric = next(iter(document.get("values", document)))
        device = Device.objects.get(uid=messages.uid(number % messages.devices))
        series, _ = Series.objects.get_or_create(device=device, metric=metric)
        batch.series_ids.append(series.id)
        at = document.get("ts", messages.time_ms(number)) + later_ms
        batch.times_us.append(at * 1_000)
        batch.values.append(float(number))
    store.write(batch, "bridge-0")


def test_what_is_complete_passes(load: Load, stored: Stored) -> None:
    verdict = stored.compare(load)
    assert verdict.holds
    assert (verdict.sent, verdict.acked, verdict.stored) == (8, 8, 8)
    assert stored.has_since(4)
    assert not stored.has_since(5)


def test_what_a_web_process_stored_says_nothing_of_the_bridges(
    load: Load, stored: Stored, messages: Messages
) -> None:
    for number in (8, 9):
        load.ledger.sending(load.ledger.add(TIMED))
        load.ledger.acknowledged(number)
    insert(messages, 8, TIMED, posted=True)
    assert stored.compare(load).lost == [9]
    assert not stored.has_since(8)
    insert(messages, 9, TIMED)
    assert stored.has_since(8)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_deleted_row_is_found_lost(load: Load, stored: Stored, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading WHERE value = %s", [number])
    assert stored.compare(load).lost == [number]


def test_a_poison_that_is_not_in_quarantine_is_found_lost(load: Load, stored: Stored) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM telemetry_quarantinedmessage WHERE position(%s in payload) > 0",
            [b"poison-3-"],
        )
    assert stored.compare(load).lost == [3]


@pytest.mark.parametrize(("number", "kind"), [(0, TIMED), (1, STAMPED), (2, LATE)])
def test_a_second_row_is_found_doubled(
    load: Load, stored: Stored, messages: Messages, number: int, kind: int
) -> None:
    insert(messages, number, kind, later_ms=500)
    assert stored.compare(load).duplicated == [number]


def test_two_copies_without_a_time_from_a_sender_that_sent_two_are_told_apart() -> None:
    ledger = Ledger()
    for kind in (STAMPED, TIMED):
        number = ledger.add(kind)
        ledger.sending(number)
        ledger.sending(number)
    verdict = ledger.compare([0, 0, 1, 1], [])
    assert (verdict.resent_unstamped_doubles, verdict.duplicated) == (1, [1])
    assert ledger.compare([0, 0, 0, 1], []).duplicated == [0]


def test_copies_are_sent_only_of_what_went_to_the_broker(load: Load) -> None:
    """A copy of what was posted would be stored beside it, under another metric."""
    posted = load.ledger.add(TIMED)
    load.ledger.posted.add(posted)
    load.ledger.acknowledged(posted)
    load.again(10, random.Random(1))
    copied = sorted(number for each in load._publishers for number in each.aside)
    assert copied == [0, 4]


def test_what_was_not_acknowledged_may_be_missing() -> None:
    ledger = Ledger()
    ledger.sending(ledger.add(TIMED))
    assert ledger.compare([], []).holds


def test_a_killed_broker_answers_for_what_it_acked_since_its_snapshot_only() -> None:
    ledger = Ledger()
    for at in (10.0, 20.0, 30.0):
        ledger.acked_at[ledger.add(TIMED)] = at
    ledger.broker_kills.append(BrokerKill(saved=15.0, killed=25.0))
    verdict = ledger.compare([], [])
    assert (verdict.lost_by_broker, verdict.lost) == (1, [0, 2])
    ledger.forgotten.append(Forgotten(begun=25.0))
    ledger.kept_for_nobody(2)  # it says itself that it forgot whom to give it to
    assert ledger.compare([], []).lost == [0]
    ledger.broker_kills.clear()
    ledger.forgotten.clear()
    assert ledger.compare([], []).lost == [0, 1, 2]


def test_a_restarted_broker_answers_for_what_it_says_it_kept_for_nobody() -> None:
    ledger = Ledger()
    for at in (10.0, 20.0, 25.0):
        ledger.acked_at[ledger.add(TIMED)] = at
    ledger.unheard |= {0, 1}
    ledger.forgotten.append(Forgotten(begun=15.0))
    verdict = ledger.compare([], [])
    assert (verdict.lost_by_broker, verdict.lost) == (1, [0, 2])


def test_a_broker_that_has_been_subscribed_to_again_answers_for_nothing_more() -> None:
    ledger = Ledger()
    for at in (16.0, 20.0, 30.0):
        ledger.acked_at[ledger.add(TIMED)] = at
    ledger.unheard |= {0, 1, 2}
    ledger.forgotten.append(Forgotten(begun=15.0, found=19.0))
    verdict = ledger.compare([], [])
    assert (verdict.lost_by_broker, verdict.lost) == (2, [2])


def test_books_that_do_not_add_up_are_found() -> None:
    books = {"received": 5, "stored": 2, "duplicate": 1, "rejected": 1, "spooled": 0}
    assert balanced({**books, "in_flight": 1})
    assert not balanced({**books, "in_flight": 0})


def test_a_seed_repeats_the_order_of_the_faults_and_leaves_out_what_loses() -> None:
    names = list(read(["--seed", "5"]).names)
    assert "broker-kill" not in names
    assert len(names) == 23
    first, second = (faults.plan(names, 69, random.Random(5)) for _ in range(2))
    assert first == second
    assert set(Counter(first).values()) == {3}
    assert "broker-kill" in read(["--include", "broker-kill"]).names
    with pytest.raises(SystemExit):
        read(["--only", "no-such-fault"])
    with pytest.raises(SystemExit):
        read(["--bridges", "2", "--running"])
    with pytest.raises(SystemExit):
        read(["--webs", "1", "--running"])


@pytest.mark.process
def test_a_group_holds_while_its_bridges_and_web_processes_come_and_go() -> None:
    chosen = "bridge-kill,clock-step,slot-joins,slot-leaves,web-kill,web-stop"
    words = ["--bridges", "2", "--webs", "2", "--only", chosen]
    words = [*words, "--faults", "6", "--rate", "200", "--seed", "3"]
    with proving(*words, "--json") as proof:
        assert proof.process.wait(PROVED_SECONDS) == 0, proof.said + proof.log
        found = json.loads(proof.said.splitlines()[-1])
    assert found["lost"] == found["duplicated"] == 0
    assert found["recovery_s"].keys() == set(chosen.split(","))


def test_each_poison_is_recognised_by_its_first_bytes(messages: Messages) -> None:
    for number in range(len(POISONS)):
        _, payload = messages.message(number, POISON)
        assert messages.poison_number(payload[:100]) == number
    assert Messages("ef", 3, 0).poison_number(payload) is None


def test_a_publisher_sends_again_what_was_not_acknowledged(messages: Messages) -> None:
    """The broker takes a message, cuts the connection, and acknowledges when it comes again."""
    listener = socket.create_server(("127.0.0.1", 0))
    arrived: list[bytes] = []

    def answer(connection: socket.socket, kind: int, body: bytes) -> None:
        if kind == 0x10:
            connection.sendall(b"\x20\x03\x00\x00\x00")
        elif kind == 0x30:
            arrived.append(body)
            if len(arrived) == 2:
                connection.sendall(b"\x40\x02" + body[2 + len(topic) :][:2])

    def broker() -> None:
        for wanted in (1, 2):
            connection, _ = listener.accept()
            with connection:
                reader = packets.Packets()
                while len(arrived) < wanted:
                    for kind, body in reader.feed(connection.recv(65_536)):
                        answer(connection, kind, body)
                if wanted == 2:
                    eventually(ledger.acked)

    ledger = Ledger()
    topic, _ = messages.message(0, LATE)
    address = Address("127.0.0.1", listener.getsockname()[1])
    publisher = Publisher(address, "again", ledger=ledger, messages=messages)
    publisher.aside.append(ledger.add(LATE))
    server = threading.Thread(target=broker, daemon=True)
    server.start()
    publisher.start()
    try:
        eventually(lambda: ledger.acked() == 1)
    finally:
        publisher.end()
        server.join(60)
        listener.close()
    assert ledger.sends[0] == 2
    assert arrived[0] == arrived[1]
    assert publisher.waiting == 0
