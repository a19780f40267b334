"""What one topic brings at once is judged as it comes, and taken in afterwards, in its order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from bridge.decode.items import Item, Reason, Rejected
from bridge.intake.allowance import AT_ONCE, FLOOD, LOOK_EVERY, MESSAGE, READING, Allowance
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.message import Message
from bridge.mqtt import ahead as ahead_module
from bridge.mqtt.ahead import LOUD, MAX_MESSAGES, MAX_PIECE, Ahead
from bridge.mqtt.packet import PINGRESP, Cut
from bridge.tests.conftest import holding

NOW_US = 1_700_000_000_000_000
RATE = 50_000  # readings a second
MOST = AT_ONCE * RATE * READING


class Reading:
    """Reads what came, and takes it in later; by a clock that stands still."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.allowance = Allowance(RATE, lambda: self.now)
        self.intake = Intake(Memory.nothing(holding()), self.allowance)
        self.ahead = Ahead(self.allowance, self.intake.sender_of)

    def take_all(self) -> Iterator[tuple[Message, list[Item]]]:
        """Each message, and what is said of it."""
        while self.ahead:
            cut, by_topic, late = self.ahead.take()
            self.intake.begin_with(cut.messages, by_topic, late)
            for batch in self.intake.batches(1, cut.messages):
                yield from zip(batch.messages, map(batch.items.get, range(MAX_PIECE)), strict=False)


def sent(messages: int, uid: str = "loud", readings: int = 1) -> list[Message]:
    topic = f"devices/{uid}/telemetry".encode()
    values = json.dumps({f"m{n}": 1 for n in range(readings)}).encode()
    document = b'{"ts":%d,"values":%b}' % (NOW_US // 1_000, values)
    return [Message(topic, document, 1, False, False, b"", NOW_US) for _ in range(messages)]


def is_refused(items: list[Item] | None) -> bool:
    return (
        bool(items)
        and isinstance(items[0], Rejected)
        and (items[0].problem.reason is Reason.OVER_LIMIT)
    )


@pytest.fixture
def reading(database: object) -> Reading:
    return Reading()


def test_what_many_send_is_taken_in_at_once_and_what_follows_a_loud_one_waits(reading) -> None:
    many = [each for n in range(4) for each in sent(LOUD - 1, f"device-{n}")]
    assert not reading.ahead.wants(Cut(many, []))
    assert not reading.ahead.wants(Cut([], [PINGRESP]))
    loud = Cut(sent(LOUD), [])
    assert reading.ahead.wants(loud)
    reading.ahead.put(loud)
    assert reading.ahead.wants(Cut([], [PINGRESP])), "it is answered behind the messages before it"


def test_all_of_it_comes_out_in_the_order_it_came(reading) -> None:
    first, second = sent(3 * MAX_PIECE + 1), sent(5)
    reading.ahead.put(Cut(first, [PINGRESP]))
    reading.ahead.put(Cut(second, []))
    cuts = []
    while reading.ahead:
        cuts.append(reading.ahead.take().cut)
    assert [message for cut in cuts for message in cut.messages] == [*first, *second]
    assert [cut.others for cut in cuts] == [[], [], [], [], [PINGRESP], []]
    assert max(len(cut.messages) for cut in cuts) == MAX_PIECE


def test_reading_pauses_where_too_much_waits(reading, monkeypatch) -> None:
    reading.ahead.put(Cut(sent(MAX_MESSAGES), []))
    assert reading.ahead.is_full
    reading.ahead.take()
    assert not reading.ahead.is_full
    reading.ahead.forget()
    assert not reading.ahead
    monkeypatch.setattr(ahead_module, "MAX_BYTES", 1_000)
    reading.ahead.put(Cut(sent(LOUD), []))
    assert reading.ahead.is_full


def test_a_flood_is_known_before_any_of_it_is_decoded_and_is_counted_once(reading) -> None:
    each = MESSAGE + len(sent(1)[0].payload)
    passing = MOST // each
    reading.ahead.put(Cut(sent(passing + 1), []))
    assert reading.allowance.flooding() == set(), "as much as one may send"
    reading.ahead.put(Cut(sent(FLOOD + MAX_PIECE), []))
    assert reading.allowance.flooding() == {(b"devices/loud/telemetry", "")}
    reading.ahead.put(Cut(sent(100, "quiet"), []))
    refused: Counter[bytes] = Counter()
    uids = set()
    for message, items in reading.take_all():
        if is_refused(items):
            refused[message.topic] += 1
            uids |= {item.uid for item in items}
    assert uids == {"loud"}
    assert set(refused) == {b"devices/loud/telemetry"}
    assert FLOOD <= refused.total() < FLOOD + 3 * MAX_PIECE + passing * READING // each
    assert reading.allowance.flooding() == set(), "each was counted as it came"


def test_a_day_that_a_device_tells_at_once_is_let_in_whole(reading) -> None:
    """100 000 readings, which it had no network to tell before."""
    day = sent(10_000, "back-again", readings=10)
    for start in range(0, len(day), 2_000):
        reading.ahead.put(Cut(day[start : start + 2_000], []))
    taken = list(reading.take_all())
    assert [message for message, _ in taken] == day
    assert not any(is_refused(items) for _, items in taken)
    assert reading.allowance.flooding() == set()


def test_what_is_lost_with_its_connection_costs_nobody_anything(reading) -> None:
    for _ in range(3):
        for _ in range(10):
            reading.ahead.put(Cut(sent(2_000), []))
        reading.ahead.forget()
    reading.ahead.put(Cut(sent(2_000), []))
    assert not any(is_refused(items) for _, items in reading.take_all())


def test_who_was_late_may_send_again_when_what_it_sent_is_worked_off(reading) -> None:
    reading.ahead.put(Cut(sent(MAX_MESSAGES), []))
    refused = sum(is_refused(items) for _, items in reading.take_all())
    assert refused > 0
    reading.now += AT_ONCE + LOOK_EVERY
    reading.ahead.put(Cut(sent(1_000), []))
    assert not any(is_refused(items) for _, items in reading.take_all())
