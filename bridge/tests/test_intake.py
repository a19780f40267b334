"""Ordinary messages become columns at once; all others wait for the database, and none is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection

from bridge.commit.rows import RowBuilder
from bridge.decode.items import Reason
from bridge.intake.batch import Batch
from bridge.intake.columns import Intake
from bridge.intake.instants import following
from bridge.intake.memory import Memory
from bridge.message import Message
from bridge.tests.conftest import holding
from devices.models import Device
from telemetry.models import QuarantinedMessage, Series
from telemetry.storage import store

NOW = 1_700_000_000_000  # Unix milliseconds


@pytest.fixture
def memory(database: object) -> Iterator[Memory]:
    """A pump with two series and a fan with none, as the committer would have read them."""
    pump = Device.objects.create(uid="pump-1", name="Pump 1")
    Device.objects.create(uid="fan-1", name="Fan 1")
    for metric in ("a", "b"):
        Series.objects.create(device=pump, metric=metric)
    made = Memory.nothing(holding())
    made.registry.refresh(NOW / 1000)
    made.series.load_all()
    return made


def message(payload: bytes, *, uid: bytes = b"pump-1", mid: int = 1, dup: bool = False) -> Message:
    return Message(b"devices/%b/telemetry" % uid, payload, mid, dup, False, b"", NOW * 1_000)


def timed(at: int, *, dup: bool = False, **values: float) -> Message:
    inner = ",".join(f'"{name}":{value}' for name, value in values.items())
    return message(b'{"ts":%d,"values":{%b}}' % (NOW + at, inner.encode()), dup=dup)


MIXED = [
    timed(1, a=1.0, b=2.0),
    message(b'{"state":"on"}'),  # text
    timed(2, b=3.0),
    message(b"{"),  # rejected
    message(b'{"x":1}', uid=b"fan-1"),  # a metric that is new
    timed(3, a=4.0),
    message(b'{"x":1}', uid=b"nobody"),
]


def heard(memory: Memory) -> Intake:
    """An intake that every device has spoken to before."""
    made = Intake(memory)
    made.batch(1, [message(b"{", uid=uid) for uid in (b"pump-1", b"fan-1", b"nobody")])
    return made


def ordinary(batch: Batch) -> list[int]:
    return [index for index, count in enumerate(batch.counts) if count]


def test_only_plain_messages_whose_series_are_known_become_columns(memory: Memory) -> None:
    batch = heard(memory).batch(1, MIXED)
    assert ordinary(batch) == [0, 2, 5]
    assert sorted(batch.items) == [1, 3, 4, 6]
    assert batch.uids == ["pump-1"] * 4 + ["fan-1", "pump-1", "nobody"]
    (columns,) = batch.columns
    assert columns.values.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert columns.times_us.tolist() == [(NOW + ms) * 1_000 for ms in (1, 1, 2, 3)]


def test_each_message_keeps_its_readings_however_a_batch_is_put_together(memory: Memory) -> None:
    intake, builder = heard(memory), RowBuilder(memory)
    whole = intake.batch(1, MIXED)
    joined = intake.batch(1, MIXED[:3])
    joined.extend(intake.batch(1, MIXED[3:]))
    for batch in (whole, joined):
        rows = builder.build(batch, 0, len(MIXED))
        assert [rows.readings_of(index) for index in range(len(MIXED))] == [2, 1, 1, 0, 1, 1, 0]
        assert rows.rejected == {3, 6}
        found = dict(rows.keys_by_message())
        assert [len(keys) for keys in found.values()] == [2, 1, 1, 0, 1, 1, 0]
        assert [at for _, at in found[0]] == [(NOW + 1) * 1_000] * 2


def test_a_part_of_a_batch_has_the_rows_of_its_own_messages_only(memory: Memory) -> None:
    batch = heard(memory).batch(1, MIXED)
    rows = RowBuilder(memory).build(batch, 2, 5)
    assert rows.batch.values.tolist() == [3.0, 1.0]
    assert [index for index, _ in rows.keys_by_message()] == [2, 3, 4]
    assert rows.rejected == {3}
    pump, fan = (rows.heard[Device.objects.get(uid=uid).id] for uid in ("pump-1", "fan-1"))
    assert pump == (NOW * 1_000, (NOW + 2) * 1_000)
    received_us, given_us = fan  # on a lane of the worker, whichever it was given
    assert (received_us, given_us // 1_000) == (NOW * 1_000, NOW)
    assert given_us == rows.batch.times_us.tolist()[1]


def test_a_repeated_message_is_told_from_its_neighbours(memory: Memory) -> None:
    intake, builder = heard(memory), RowBuilder(memory)
    first = builder.build(intake.batch(1, [timed(1, a=1.0, b=2.0)]), 0, 1)
    store.write(first.batch, "bridge-0")
    later = intake.batch(
        1,
        [
            timed(5, a=5.0),
            timed(1, dup=True, a=1.0, b=2.0),
            timed(1, b=9.0),
            timed(6, a=6.0),
            timed(6, a=7.0, b=8.0),
        ],
    )
    assert later.may_repeat
    rows = builder.build(later, 0, 5)
    written = store.write(rows.batch, "bridge-0", alongside=builder.alongside(rows, later))
    assert written.inserted == 3
    assert rows.duplicates(written) == {1}
    # Shown is what is stored: of two values of one instant the first.
    assert rows.new_columns(written).values.tolist() == [5.0, 6.0, 8.0]
    assert rows.rejected == {2}
    assert rows.partial() == 1
    assert {index: [each.reason for each in found] for index, found in rows.problems.items()} == {
        2: [Reason.CONFLICTING_VALUES],
        4: [Reason.CONFLICTING_VALUES],
    }
    assert [rows.readings_of(index) for index in range(5)] == [1, 2, 0, 1, 1]
    kept = QuarantinedMessage.objects.order_by("id").values_list("reason", "partial", "uid")
    assert list(kept) == [
        ("conflicting_values", False, "pump-1"),
        ("conflicting_values", True, "pump-1"),
    ]


def test_messages_without_a_time_are_stamped_apart_and_only_once(memory: Memory) -> None:
    intake = heard(memory)
    batch = intake.batch(1, [message(b'{"a":%d}' % n, mid=n) for n in range(1, 4)])
    given = [following(batch.stamps[0], count) for count in range(3)]
    assert given[0] // 1_000 == NOW
    assert batch.columns[0].times_us.tolist() == given
    assert batch.stamps == dict(enumerate(given))
    again = intake.batch(1, [message(b'{"a":2}', mid=2, dup=True)])
    assert again.columns[0].times_us.tolist() == given[1:2]
    drained = intake.batch(0, batch.messages, batch.stamps)
    assert drained.columns[0].times_us.tolist() == given


def test_what_was_deleted_or_disabled_is_no_longer_ordinary(memory: Memory) -> None:
    intake = heard(memory)
    pump = Device.objects.get(uid="pump-1")
    assert ordinary(intake.batch(1, [timed(1, a=1.0)])) == [0]
    Series.objects.filter(metric="a").delete()
    memory.series.forget([pump.id])
    assert ordinary(intake.batch(1, [timed(2, a=1.0)])) == []
    memory.series.load([pump.id])
    assert ordinary(intake.batch(1, [timed(3, a=1.0), timed(4, b=1.0)])) == [1]
    Device.objects.filter(id=pump.id).update(enabled=False)
    memory.registry.refresh(NOW / 1000 + 100)
    assert ordinary(intake.batch(1, [timed(5, b=1.0)])) == []


def test_the_first_message_of_a_topic_is_not_lost_for_going_the_long_way(memory: Memory) -> None:
    batch = Intake(memory).batch(1, [timed(1, a=1.0), timed(2, a=2.0)])
    assert ordinary(batch) == [1]
    rows = RowBuilder(memory).build(batch, 0, 2)
    assert [rows.readings_of(index) for index in range(2)] == [1, 1]


def test_a_series_that_began_with_a_word_becomes_one_of_numbers_and_keeps_both(
    memory: Memory,
) -> None:
    intake, builder = heard(memory), RowBuilder(memory)

    def send(at: int, **values: object) -> list[tuple[str, str]]:
        payload = json.dumps({"ts": NOW + at, "values": values})
        batch = intake.batch(1, [message(payload.encode())])
        rows = builder.build(batch, 0, 1)
        store.write(rows.batch, "bridge-0")
        return [(series.metric, series.kind) for series in memory.series.take_changed()]

    assert send(1, state="unavailable", on=True) == [("state", "text"), ("on", "boolean")]
    assert send(2, state="unavailable", on=1) == []
    assert send(3, state=21.5, on=False) == [("state", "gauge")]
    assert send(4, state=22.5, on=False) == []
    assert send(5, state="unavailable", on=0.5) == [("on", "gauge")]
    series = Series.objects.get(metric="state")
    Series.objects.filter(pk=series.pk).update(kind="text", chosen=["kind"])
    memory.series.load_all()
    assert send(6, state=23.5) == [], "an operator chose"
    with connection.cursor() as cursor:
        for table, stored in (
            ("reading", [21.5, 22.5, 23.5]),
            ("text_reading", ["unavailable"] * 3),
        ):
            cursor.execute(
                f"SELECT value FROM {table} WHERE series_id = %s ORDER BY time", [series.pk]
            )
            assert [value for (value,) in cursor.fetchall()] == stored


def test_of_a_number_and_a_text_of_one_instant_the_first_stays_and_the_other_is_told(
    memory: Memory,
) -> None:
    """Also when another worker stored the text, or it came in the same batch."""
    intake, builder = heard(memory), RowBuilder(memory)
    other = Memory.nothing(holding())
    other.registry.refresh(NOW / 1000)
    other.series.load_all()

    def send(*payloads: bytes, known: Memory = memory) -> list[list[str]]:
        builds = builder if known is memory else RowBuilder(known)
        batch = (intake if known is memory else heard(known)).batch(
            1, [message(p) for p in payloads]
        )
        rows = builds.build(batch, 0, len(payloads))
        store.write(rows.batch, "bridge-0", alongside=builds.alongside(rows, batch))
        return [[each.reason.value for each in found] for found in rows.problems.values()]

    word, number = b'{"ts":%d,"values":{"a":"gone"}}', b'{"ts":%d,"values":{"a":1}}'
    assert send(word % NOW, known=other) == []
    memory.series.refresh(NOW / 1000)
    assert send(number % NOW, number % (NOW + 1)) == [["conflicting_values"]]
    assert send(word % (NOW + 1)) == [["conflicting_values"]]
    assert send(word % (NOW + 2), number % (NOW + 2)) == [["conflicting_values"]]
    assert send(number % (NOW + 3), word % (NOW + 3)) == [["conflicting_values"]]
    series = Series.objects.get(metric="a")
    with connection.cursor() as cursor:
        for table, stored in (("reading", [1, 3]), ("text_reading", [0, 2])):
            cursor.execute(
                "SELECT round(extract(epoch FROM time) * 1000)::bigint"
                f" FROM {table} WHERE series_id = %s ORDER BY time",
                [series.pk],
            )
            assert [at - NOW for (at,) in cursor.fetchall()] == stored
