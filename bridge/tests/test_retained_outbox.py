"""What waits to be retained is bounded, and of each topic the newest."""

from __future__ import annotations

from bridge.mqtt.retained import MAX_WAITING, Retained


def test_of_a_topic_only_the_newest_is_sent_and_the_oldest_topics_first() -> None:
    outbox = Retained()
    assert outbox.put({"a": b"1", "b": b"1"})
    assert outbox.put({"a": b"2", "c": b"1"})
    assert outbox.take(2) == [("a", b"2"), ("b", b"1")]
    assert not outbox.is_empty()
    assert outbox.take(9) == [("c", b"1")]
    assert outbox.is_empty()


def test_what_finds_no_room_is_not_taken_by_halves() -> None:
    outbox = Retained()
    assert outbox.put({str(number): b"" for number in range(MAX_WAITING - 1)})
    assert not outbox.put({"a": b"", "b": b""})
    assert len(outbox.take(2 * MAX_WAITING)) == MAX_WAITING - 1
