"""The way of messages like the last of their topic says what the long way says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.decode.items import Telemetry
from bridge.intake.batch import Batch
from bridge.intake.columns import Intake
from bridge.intake.instants import SHORT_REACH_US, Instants, Lane
from bridge.intake.memory import Memory
from bridge.message import Message
from devices.registry import DeviceRef
from tests.examples import examples

NOW = 1_700_000_000_000  # Unix milliseconds
SERIES = {"a": 1, "b": 2, "on": 3}
FIRST = b'{"ts":%d,"values":{"a":1,"b":2}}' % NOW
BARE = b'{"a":1,"b":2}'

# As text, for a name may come twice.
pairs = st.lists(
    st.tuples(
        st.sampled_from(['"a"', '"b"', '"on"', '"new"', '"\\u0061"', '"a:b"']),
        st.sampled_from(["1", "2.5", "true", "null", '"x"', "9007199254740993", "1e400", "[1,2]"]),
    ),
    max_size=3,
)
usual = st.tuples(*(st.tuples(st.just(f'"{name}"'), st.floats(-9, 9).map(str)) for name in "ab"))
objects = st.one_of(usual, pairs).map(lambda them: "{" + ",".join(map(":".join, them)) + "}")
stamps = st.sampled_from([str(NOW + 5), "0", str(NOW + 86_400_001), "1.5", "null"])
payloads = st.one_of(
    objects,
    st.builds('{{"ts":{},"values":{}}}'.format, stamps, objects),
    st.builds('{{"ts":{},"values":{},"ts":5}}'.format, stamps, objects),
    st.just("{"),
).map(str.encode)


def known() -> Memory:
    """A device with three series, and a lane to give times on."""
    instants = Instants("habits", SHORT_REACH_US, lambda: NOW * 1_000)
    instants._open = [Lane(1, NOW * 1_000 - 1_000, NOW * 1_000 + SHORT_REACH_US)]
    made = Memory.nothing(instants)
    made.registry._keep("pump-1", DeviceRef(7, True, 60.0))
    made.series._keep([(7, name, of, "gauge", [], None) for name, of in SERIES.items()])
    return made


def message(payload: bytes, mid: int = 1, *, retain: bool = False) -> Message:
    return Message(b"devices/pump-1/telemetry", payload, mid, False, retain, b"", NOW * 1_000)


def used(*payloads: bytes) -> Intake:
    """One that has heard these, so that the next like the last is taken the short way."""
    made = Intake(known())
    for payload in payloads:
        made.batch(1, [message(payload)])
    return made


def said(batch: Batch) -> Iterator[list[tuple[str, int, float | bool | str]]]:
    """What each message says: the metric, the time (0 where it was given one) and the value."""
    rows = (row for columns in batch.columns for row in columns.numbers())
    names = {of: name for name, of in SERIES.items()}
    for index, count in enumerate(batch.counts):
        stamp = batch.stamps.get(index)
        found = [next(rows) for _ in range(count)]
        yield [(names[of], 0 if at == stamp else at, value) for of, at, value in found] or [
            (name, 0 if sample.time_us == stamp else sample.time_us, value)
            for item in batch.items.get(index, ())
            if isinstance(item, Telemetry)
            for sample in item.samples
            for name, value in sample.values.items()
        ]


@settings(max_examples=examples(40))  # each makes up to nine intakes, which know a fleet
@given(st.lists(payloads, min_size=1, max_size=4), st.booleans(), st.sampled_from([FIRST, BARE]))
@example([b'{"a":1,"b":2,"a":3}'], False, BARE)
@example([b'{"ts":%d,"values":{"a":1,"b":2,"a":3}}' % NOW], False, FIRST)
@example([b'{"ts":%d,"values":{"a":1,"b":2}}' % (NOW + 86_400_001)], False, FIRST)
@example([b'{"b":1,"a":2}', BARE], False, BARE)
@example([BARE], True, BARE)
def test_both_ways_say_the_same(sent: list[bytes], retain: bool, before: bytes) -> None:
    messages = [message(each, mid, retain=retain) for mid, each in enumerate(sent, 1)]
    short = used(before, before, before).batch(1, messages.copy())
    each_alone = [Intake(known()).batch(1, [each]) for each in messages]
    assert list(said(short)) == [next(said(alone)) for alone in each_alone]
    assert len(short.messages) == len(short.uids) == len(short.counts) == len(sent)
    for index, items in short.items.items():
        assert [type(item) for item in items] == [type(item) for item in each_alone[index].items[0]]


@pytest.mark.parametrize("payload", [FIRST, BARE])
def test_a_message_like_the_last_is_taken_without_a_look_at_its_device(payload, monkeypatch):
    intake = used(payload, payload)
    monkeypatch.setattr(Intake, "_habit", lambda *_: pytest.fail("looked up"))
    batch = intake.batch(1, [message(payload, mid) for mid in range(1, 5)])
    assert batch.counts == [2] * 4
    assert len(set(batch.columns[0].times_us.tolist())) == (1 if payload is FIRST else 4)


def test_what_changed_is_looked_up_anew():
    memory = known()
    intake = Intake(memory)
    for _ in range(2):
        intake.batch(1, [message(FIRST)])
    memory.registry._keep("pump-1", DeviceRef(7, False, 60.0))
    assert intake.batch(1, [message(FIRST)]).counts == [0]
    memory.registry._keep("pump-1", DeviceRef(8, True, 60.0))
    memory.series._keep([(8, name, of + 10, "gauge", [], None) for name, of in SERIES.items()])
    assert intake.batch(1, [message(FIRST)]).columns[0].series_ids.tolist() == [11, 12]
    memory.series.forget([8])
    assert intake.batch(1, [message(FIRST)]).counts == [0]


def test_where_no_time_can_be_given_the_rest_waits():
    intake = used(BARE, BARE)
    intake._memory.instants._open.clear()
    sent = [message(FIRST, 1), message(json.dumps({"a": 1, "b": 2}).encode(), 2), message(FIRST, 3)]
    (batch,) = intake.batches(1, sent.copy())
    assert batch.messages == sent[:1]
    assert intake.waiting == sent[1:]
