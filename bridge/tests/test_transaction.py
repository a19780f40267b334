"""Whatever arrives, every message of a batch ends one way, and the good ones are in the table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.commit import committer
from bridge.commit.inbox import BatchResult, Inbox
from bridge.commit.spool import Spool
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.message import Message
from bridge.mqtt.packet import PacketCutter
from bridge.publish.live import LivePublisher
from bridge.publish.outcomes import Outcomes
from bridge.tests.conftest import holding
from bridge.tests.test_packet import publish
from devices.models import Device, Presence
from telemetry.models import QuarantinedMessage
from tests.examples import examples

NOW = 1_700_000_000_000


class Transaction:
    """A committer without its thread: hand it packets, see how they ended."""

    def __init__(self, folder: Path) -> None:
        known = Memory.nothing(holding())
        self.publisher = LivePublisher("bridge-0", known.series.device_of, dict)
        self.spool = Spool(folder / "bridge-0.sqlite", 10_000_000)
        self.called: list[str] = []
        self.committer = committer.Committer(
            "bridge-0",
            inbox=Inbox(),
            spool=self.spool,
            publisher=self.publisher,
            outcomes=Outcomes(lambda _topic, _payload: None),
            memory=known,
            write_status=lambda: self.called.append("status"),
        )
        self.committer.keep_out = lambda: self.called.append("keep out")
        assert self.committer._prepare()
        self.intake = Intake(known)

    def commit(self, messages: list[Message]) -> BatchResult:
        return self.committer._commit(self.intake.batch(1, messages), None, live=lambda: True)


@pytest.fixture
def transaction(database: object, tmp_path: Path) -> Iterator[Transaction]:
    Device.objects.create(uid="pump-1", name="Pump 1")
    made = Transaction(tmp_path)
    yield made
    made.spool.close()


def message(payload: bytes, *, topic: bytes = b"devices/pump-1/telemetry", mid: int = 1) -> Message:
    return Message(topic, payload, mid, False, False, b"", NOW * 1_000)


def stored_values() -> set[float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM reading")
        return {value for (value,) in cursor.fetchall()}


NASTY = [
    b'{"t":"\\u0000"}',
    b'{"t":"\\ud800"}',
    b'{"n":9223372036854775808}',
    b'{"n":1e400}',
    json.dumps({"m" * 2_700: 1}).encode(),
    json.dumps({f"k{n}": n for n in range(10_001)}).encode(),
    b'{"t":1,"t":2}',
    b"",
    b"null",
    b"[[[[]]]]",
    b'{"ts":1e308,"values":{"t":1}}',
    b'{"ts":"9999-12-31T23:59:59Z","values":{"t":1}}',
    b'{"ts":-62135596800000,"values":{"t":1}}',
    b'{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}}',
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
PAYLOAD = (
    st.sampled_from(NASTY)
    | st.binary(max_size=60)
    | JSON.map(lambda document: json.dumps(document).encode("utf-8", "surrogatepass"))
)
TOPIC = st.sampled_from(
    [b"devices/pump-1/telemetry", b"devices/pump-1/status", b"devices/no/telemetry", b"\xff/x"]
) | st.binary(min_size=1, max_size=30)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(TOPIC, PAYLOAD, st.binary(max_size=30), st.booleans()), max_size=20),
    st.integers(1, 40),
)
def test_any_packets_settle_and_cost_no_neighbour(
    transaction: Transaction, packets: list[tuple[bytes, bytes, bytes, bool]], size: int
) -> None:
    test_any_packets_settle_and_cost_no_neighbour.number += 1
    number = test_any_packets_settle_and_cost_no_neighbour.number
    good = b'{"ts":%d,"values":{"good":%d}}' % (NOW + number, number)
    stream = b"".join(
        publish(topic, payload, mid, dup=dup, properties=properties)
        for mid, (topic, payload, properties, dup) in enumerate(packets, 1)
    ) + publish(b"devices/pump-1/telemetry", good, 500)
    cutter = PacketCutter(version5=True)
    messages = []
    for start in range(0, len(stream), size):
        messages += cutter.feed(stream[start : start + size], NOW * 1_000).messages
    ended = transaction.commit(messages)
    assert ended.total() == len(messages) == len(packets) + 1
    assert number in stored_values()
    assert all(math.isfinite(value) for value in stored_values())


test_any_packets_settle_and_cost_no_neighbour.number = 10_000


def test_a_row_the_database_refuses_costs_only_itself(transaction: Transaction) -> None:
    """A trigger stands for whatever rule the decoder does not know of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_666() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.value = 666 THEN RAISE EXCEPTION 'not this one' USING ERRCODE = '22000';"
            " END IF; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_666 BEFORE INSERT ON reading"
            " FOR EACH ROW EXECUTE FUNCTION refuse_666()"
        )
    try:
        payloads = [b'{"ts":%d,"values":{"v":%d}}' % (NOW + v, v) for v in range(1, 101)]
        payloads[36] = b'{"ts":%d,"values":{"v":666}}' % NOW
        ended = transaction.commit([message(payload) for payload in payloads])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse_666 CASCADE")
    assert (ended.stored, ended.rejected) == (99, 1)
    assert stored_values() == {float(v) for v in range(1, 101)} - {37.0}
    kept = QuarantinedMessage.objects.get()
    assert kept.reason == "store_rejected"
    assert "not this one" in kept.detail
    assert bytes(kept.payload) == payloads[36]


def test_a_redelivered_message_without_a_time_keeps_its_first_stamp(
    transaction: Transaction,
) -> None:
    first = message(b'{"v":1}', mid=7)
    again = Message(first.topic, first.payload, 7, True, False, b"", (NOW + 60_000) * 1_000)
    fresh = Message(first.topic, b'{"v":1} ', 7, True, False, b"", (NOW + 120_000) * 1_000)
    assert transaction.commit([first]).stored == 1
    assert transaction.commit([again]).duplicate == 1
    assert transaction.commit([fresh]).stored == 1, "other content is another message"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading")
        assert cursor.fetchone() == (2,)


def test_a_redelivered_rejected_message_is_not_quarantined_twice(
    transaction: Transaction,
) -> None:
    stranger = b"devices/unknown/telemetry"
    all_bad = (
        message(b"{", mid=9),
        message(b'{"v":1}', topic=stranger, mid=10),
        message(b'{"ts":%d,"values":{"v":1}}' % NOW, topic=stranger, mid=11),
    )
    for kept, bad in enumerate(all_bad, 1):
        again = Message(bad.topic, bad.payload, bad.mid, True, False, b"", (NOW + 5) * 1_000)
        assert transaction.commit([bad]).rejected == 1
        assert transaction.commit([again]).rejected == 1
        assert QuarantinedMessage.objects.count() == kept


def test_a_worker_that_starts_anew_recognises_what_the_last_one_committed(
    transaction: Transaction, tmp_path: Path
) -> None:
    first = message(b'{"v":1}', mid=7)
    transaction.commit([first])
    transaction.spool.close()
    successor = Transaction(tmp_path)
    again = Message(first.topic, first.payload, 7, True, False, b"", (NOW + 60_000) * 1_000)
    assert successor.commit([again]).duplicate == 1
    successor.spool.close()


def test_a_burst_without_times_is_not_taken_for_one_reading(transaction: Transaction) -> None:
    ended = transaction.commit([message(b'{"v":%d}' % n, mid=n) for n in range(1, 501)])
    assert ended.stored == 500
    assert len(stored_values()) == 500


def test_a_status_is_followed_while_the_clock_steps_back(transaction: Transaction) -> None:
    """An `offline` was said to be stored, and was ignored."""
    topic, hour = b"devices/pump-1/status", 3_600_000_000
    for payload, at in ((b"online", NOW * 1_000), (b"offline", NOW * 1_000 - hour)):
        transaction.commit([Message(topic, payload, 1, False, False, b"", at)])
    presence = Presence.objects.get()
    assert presence.connection == "offline"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE devices_presence SET told_by = 'bridge-1'")
    earlier = Message(topic, b"online", 2, False, False, b"", NOW * 1_000 - 2 * hour)
    transaction.commit([earlier])
    presence.refresh_from_db()
    assert presence.connection == "offline", "another worker's later word stands"


def test_who_floods_is_kept_out_at_each_look_and_not_once_a_second(
    transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "STATUS_EVERY", 3_600.0)
    for _ in range(3):
        transaction.committer._look_after_the_rest()
    assert transaction.called == ["keep out", "status", "keep out", "keep out"]
