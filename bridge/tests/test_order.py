"""What is put aside lets others pass, and what is acknowledged keeps the order in which it came."""

from __future__ import annotations

import random
import struct
import threading
from collections import Counter, deque

import msgspec
import pytest

from bridge.commit.inbox import BatchResult, Inbox
from bridge.decode.items import Discovered, Ignored, Presence, Telemetry
from bridge.decode.state import CHANGED, READ, UNUSED
from bridge.intake.allowance import Allowance
from bridge.intake.batch import PUBACK_SUCCESS, Batch
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.intake.senders import NOBODY, Sender, Senders
from bridge.message import Message
from bridge.mqtt import ahead as ahead_module
from bridge.mqtt import connection as connection_module
from bridge.mqtt.ahead import LOUD, Ahead
from bridge.mqtt.broker import Broker
from bridge.mqtt.connection import Source
from bridge.mqtt.order import ReceiveOrder
from bridge.mqtt.packet import Cut
from bridge.mqtt.receiver import Receiver
from bridge.mqtt.subscriptions import Subscriptions
from bridge.tests.conftest import holding
from tests.bridge_process import Publisher
from tests.waiting import eventually

WINDOW = 3 * LOUD  # messages under way in the model


def topic_of(uid: str, channel: str = "telemetry") -> bytes:
    return f"devices/{uid}/{channel}".encode()


def pubacks(*mids: int) -> bytes:
    return b"".join(PUBACK_SUCCESS.pack(0x40, 2, mid) for mid in mids)


def message(topic: bytes, mid: int, number: int = 0, *, dup: bool = False) -> Message:
    return Message(topic, b'{"n":%d}' % number, mid, dup, False, b"", number)


class Model:
    """A broker, and a bridge that stores in the order in which it takes in."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        intake = Intake(Memory.nothing(holding()))
        self.ahead = Ahead(Allowance(10**9), intake.sender_of)
        self.order = ReceiveOrder()
        self.numbers = 0
        self.queued: deque[tuple[bytes, int]] = deque()  # topic and number, not sent yet
        self.under_way: dict[int, tuple[bytes, int]] = {}  # by mid, in the order it was sent
        self.taken: deque[Message] = deque()  # and not stored
        self.stored: dict[tuple[bytes, int], None] = {}  # in the order it was stored first
        self.serials = 0  # of the newest that was taken in
        self.serial_of: dict[int, int] = {}  # by mid: when it was taken in on this connection
        self.told = 0  # up to which serial all is acknowledged, as we are told

    def publish(self) -> None:
        loud = topic_of(self.random.choice(["loud", "louder"]))
        count = self.random.choice([LOUD, 20])
        topics = [loud] * count + [topic_of(f"quiet-{n}") for n in range(4)]
        topics += [topic_of("loud", "status"), b"unknown/thing"]
        self.random.shuffle(topics)
        for topic in topics:
            self.numbers += 1
            self.queued.append((topic, self.numbers))

    def read(self) -> None:
        """What fits under way comes in one read."""
        came = []
        free = (mid for mid in range(1, 2 * WINDOW) if mid not in self.under_way)
        while self.queued and len(self.under_way) < WINDOW:
            mid = next(free)
            self.under_way[mid] = self.queued.popleft()
            came.append(message(self.under_way[mid][0], mid, self.under_way[mid][1]))
        self.receive(came)

    def receive(self, came: list[Message]) -> None:
        cut = Cut(came, [])
        if self.ahead.wants(cut):
            self.order.received(came)
            self.take_in(self.ahead.put(cut))
        else:
            self.take_in(came)

    def take_in(self, messages: list[Message]) -> None:
        for each in messages:
            self.serials += 1
            self.serial_of[each.mid] = self.serials
        self.taken.extend(messages)

    def go_on(self) -> None:
        if self.ahead:
            self.take_in(self.ahead.take().cut.messages)

    def store(self) -> None:
        if not self.taken:
            return
        batch = [self.taken.popleft() for _ in range(self.random.randint(1, len(self.taken)))]
        self.stored |= {(each.topic, each.received_us): None for each in batch}
        serial = self.serial_of[batch[-1].mid]
        packets, known = self.order.stored(Batch(1, batch).acknowledgements(), serial)
        for _, mid in struct.iter_unpack("!HH", packets):
            assert mid == next(iter(self.under_way)), "MQTT 5.0, 4.6: in the order it was received"
            assert self.under_way[mid] in self.stored
            del self.under_way[mid], self.serial_of[mid]
        if known is not None:
            self.told = max(self.told, known)
        assert all(serial > self.told for serial in self.serial_of.values())

    def cut_off(self) -> None:
        self.order.begin()
        self.ahead.forget()
        self.taken.clear()
        self.serial_of.clear()
        again = self.under_way.items()
        self.receive([message(topic, mid, number, dup=True) for mid, (topic, number) in again])

    def step(self) -> None:
        self.random.choice(
            [self.publish, self.read, self.read, self.go_on, self.store, self.store]
            + [self.cut_off] * (self.random.random() < 0.1)
        )()


@pytest.mark.parametrize("seed", range(4))
def test_all_is_stored_and_acknowledged_in_turn_whatever_happens(database, seed) -> None:
    model = Model(seed)
    for _ in range(60):
        model.step()
    while model.queued or model.under_way:
        model.read()
        model.go_on()
        model.store()
    assert len(model.stored) == model.numbers
    for whose in (None, b"devices/loud/"):
        by_sender: dict[bytes, list[int]] = {}
        for topic, number in model.stored:
            sender = whose if whose and topic.startswith(whose) else topic
            by_sender.setdefault(sender, []).append(number)
        assert all(numbers == sorted(numbers) for numbers in by_sender.values())
    assert model.told == model.serials, "and no note of a delivery is kept for longer"


def test_others_pass_what_is_put_aside(database) -> None:
    intake = Intake(Memory.nothing(holding()))
    ahead = Ahead(intake.allowance, intake.sender_of)
    loud = [message(topic_of("loud"), 1)] * LOUD
    quiet, status = message(topic_of("quiet"), 2), message(topic_of("loud", "status"), 3)
    unknown = message(b"somebody/sensor", 4)
    assert ahead.put(Cut([*loud, status, unknown, quiet], [])) == [quiet]
    assert ahead.put(Cut([status, unknown, quiet, *loud[:5]], [])) == [quiet]
    topics = Counter[bytes]()
    while ahead:
        topics += Counter(each.topic for each in ahead.take().cut.messages)
    assert topics == {loud[0].topic: LOUD + 5, status.topic: 2, unknown.topic: 2}
    assert not ahead.wants(Cut([status, unknown, *loud[:5]], []))


def test_what_a_broker_sends_again_on_one_connection_holds_up_nobody() -> None:
    order = ReceiveOrder()
    order.received([message(b"t", 1), message(b"t", 2), message(b"t", 1)])
    assert order.stored(pubacks(2), 1) == (b"", None)
    assert order.stored(pubacks(1), 2) == (pubacks(1, 2), 2)
    assert not order
    assert order.stored(pubacks(1), 3) == (pubacks(1), 3)


def test_whose_a_topic_is() -> None:
    senders = Senders()
    heard = Telemetry("a", [])
    for items, use, found in [
        ([heard], UNUSED, Sender("a", False)),
        ([heard, Presence("a", True)], READ, Sender("a", True)),
        ([heard], CHANGED, NOBODY),
        ([heard, Telemetry("b", [])], UNUSED, NOBODY),
        ([Discovered("a", "gateway")], UNUSED, NOBODY),
        ([Ignored("noise")], UNUSED, NOBODY),
        ([], UNUSED, NOBODY),
    ]:
        senders.note(b"x/y", [heard], UNUSED)
        senders.note(b"x/y", items, use)
        assert senders.of(b"x/y", {}) == found
    assert senders.of(b"devices/alias/telemetry", {"alias": "a"}) == Sender("a", False)
    assert senders.of(b"devices/a/other", {}) == NOBODY


def test_dialects_pass_as_well_unless_what_they_remember_may_change_before(database) -> None:
    """A plug's words are read with what plugs said of themselves; a birth may be waiting."""
    intake = Intake(Memory.nothing(holding()))
    ahead = Ahead(intake.allowance, intake.sender_of)
    state = b'{"Time":"2026-11-22T12:00:00","ENERGY":{"Power":5}}'
    plugs = [message(f"tele/plug-{n}/SENSOR".encode(), 1) for n in range(2)]
    plugs = [msgspec.structs.replace(each, payload=state) for each in plugs]
    assert ahead.put(Cut([plugs[1]] + [plugs[0]] * LOUD, [])) == [], "nobody was heard before"
    while ahead:
        intake.batch(1, ahead.take().cut.messages)
    assert intake.sender_of(plugs[0].topic).remembers
    assert ahead.put(Cut([plugs[1]] + [plugs[0]] * LOUD, [])) == [plugs[1]]
    birth = message(b"spBv1.0/plant/NBIRTH/node", 1)
    assert ahead.put(Cut([birth, plugs[1]], [])) == []


def test_a_topic_of_which_something_waits_waits_also_when_its_sender_is_known_by_now(
    database,
) -> None:
    intake = Intake(Memory.nothing(holding()))
    ahead = Ahead(intake.allowance, intake.sender_of)
    quiet = message(b"garden/weather", 1, 5)
    assert ahead.put(Cut([quiet, *[message(topic_of("loud"), 2)] * LOUD, quiet], [])) == []
    intake.batch(1, ahead.take().cut.messages)
    assert intake.sender_of(quiet.topic).uid
    assert ahead.put(Cut([quiet], [])) == []


class Reader:
    """Reads a session of that name at the broker, and takes what comes."""

    def __init__(self, port: int) -> None:
        self.inbox = Inbox()
        broker = Broker("127.0.0.1", port, "ordered")
        intake = Intake(Memory.nothing(holding()))
        self.source = Source(broker, self.inbox, intake, Subscriptions())
        self.source.session.continue_as("ordered", ())
        self.taken: list[Message] = []
        run = self.source.run
        self.thread = threading.Thread(target=run, args=(lambda: False,), daemon=True)
        self.thread.start()

    def take(self) -> None:
        while (batch := self.inbox.take(0)) is not None:
            self.taken += batch.messages
            packets = batch.acknowledgements()
            self.source.outbound.acknowledge(batch.generation, packets, batch.serial)
            self.inbox.finish(batch, BatchResult(stored=len(batch.messages)))

    def has(self, payload: bytes) -> bool:
        self.take()
        return payload in [each.payload for each in self.taken]

    def end(self) -> None:
        self.source.stop()
        while self.thread.is_alive():
            self.take()
            self.thread.join(0.01)


def test_what_passed_at_a_broker_comes_again_until_what_came_before_is_stored(
    database, mosquitto, publisher: Publisher, monkeypatch
) -> None:
    begun = Reader(mosquitto.port)
    eventually(lambda: begun.source.session.subscriber.granted)
    begun.end()
    loud = [b'{"ts":%d,"values":{"t":1}}' % (1_700_000_000_000 + n) for n in range(300)]
    quiet = b'{"ts":1700000000000,"values":{"t":2}}'
    later = b'{"ts":1700000000000,"values":{"t":3}}'
    for payload in loud:
        publisher.send("devices/loud/telemetry", payload)
    eventually(lambda: publisher.acked_count == len(loud))
    monkeypatch.setattr(ahead_module, "LOUD", 10)
    with monkeypatch.context() as standing:
        standing.setattr(Receiver, "has_turn", lambda _self: False)
        standing.setattr(connection_module, "DRAIN_TIMEOUT", 0.2)
        first = Reader(mosquitto.port)
        eventually(lambda: first.source.session.subscriber.granted)
        publisher.send("devices/quiet/telemetry", quiet)
        eventually(lambda: first.has(quiet))
        first.end()
    assert len(first.taken) < len(loud)
    second = Reader(mosquitto.port)
    eventually(lambda: second.has(loud[-1]) and second.has(quiet))
    second.end()
    (again,) = [each for each in second.taken if each.payload == quiet]
    assert again.dup
    both = [each.payload for each in (*first.taken, *second.taken) if each.payload != quiet]
    assert list(dict.fromkeys(both)) == loud
    third = Reader(mosquitto.port)
    # One that came and was never taken in, by a mistake of ours: the connection is given up for it.
    eventually(lambda: third.source.session.subscriber.granted)
    third.source._order.received([message(b"x", 999)])
    eventually(lambda: third.source.counters.reconnects)
    publisher.send("devices/quiet/telemetry", later)
    eventually(lambda: third.has(later))
    third.end()
    assert [each.payload for each in third.taken] == [later], "all else was acknowledged"
