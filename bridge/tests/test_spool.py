"""The spool keeps batches in order, over restarts, within its limit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bridge.commit.spool import Spool, SpoolBusy, SpoolFull
from bridge.intake.batch import Batch
from bridge.message import Message


def messages(count: int, payload: bytes = b"{}") -> list[Message]:
    return [Message(b"t/\xff", payload, i, i % 2 == 1, False, b"\x01", 5 + i) for i in range(count)]


def batch(count: int, payload: bytes = b"{}", *, stamps: dict[int, int] | None = None) -> Batch:
    return Batch(1, messages(count, payload), stamps=stamps or {})


@pytest.fixture
def spool(tmp_path: Path):
    made = Spool(tmp_path / "bridge-0.sqlite", 1_000_000)
    yield made
    made.close()


def test_entries_come_back_oldest_first_and_exactly_as_they_were(spool: Spool) -> None:
    spool.append(batch(2, stamps={1: 17}))
    spool.append(batch(1, stamps={0: 0}))
    assert spool.messages == 3
    first = spool.oldest(1)
    assert first is not None
    assert first.entry is not None
    assert first.entry.messages == messages(2)
    assert first.entry.stamps == [None, 17]
    spool.remove(first)
    second = spool.oldest(1)
    assert second is not None
    assert second.entry is not None
    assert second.entry.stamps == [0]
    spool.remove(second)
    assert spool.oldest(1) is None
    assert (spool.messages, spool.size) == (0, 0)


def test_one_entry_is_forgotten_and_twice_does_no_harm(spool: Spool) -> None:
    first = spool.append(batch(2))
    spool.append(batch(3, stamps={0: 9}))
    size = spool.size
    for _ in range(2):
        spool.forget(first)
        assert spool.messages == 3
        assert 0 < spool.size < size
    rest = spool.oldest(10)
    assert rest is not None
    assert rest.entry is not None
    assert rest.entry.stamps == [9, None, None]


def test_small_entries_are_drained_together_up_to_a_limit(spool: Spool) -> None:
    for stamp in range(1, 6):
        spool.append(batch(2, stamps={0: stamp}))
    merged = spool.oldest(5)
    assert merged is not None
    assert merged.entry is not None
    assert merged.entry.stamps == [1, None, 2, None]
    spool.remove(merged)
    assert spool.messages == 6
    rest = spool.oldest(100)
    assert rest is not None
    assert rest.messages == 6
    spool.remove(rest)
    assert (spool.messages, spool.size) == (0, 0)


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "bridge-0.sqlite"
    before = Spool(path, 1_000_000)
    before.append(batch(3))
    size = before.size
    before.close()
    after = Spool(path, 1_000_000)
    assert (after.messages, after.size) == (3, size)
    assert [entry.messages for entry in after.walk()] == [messages(3)]
    after.close()


def test_what_an_earlier_version_kept_in_milliseconds_counts_as_it_meant(tmp_path: Path) -> None:
    path = tmp_path / "bridge-0.sqlite"
    before = Spool(path, 1_000_000)
    before.append(batch(2, stamps={0: 17, 1: 0}))
    before.append(batch(1))
    before.close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version=0")
    other.close()
    for _ in range(2):
        after = Spool(path, 1_000_000)
        entries = list(after.walk())
        assert [m.received_us for entry in entries for m in entry.messages] == [5000, 6000, 5000]
        assert [entry.stamps for entry in entries] == [[17_000, 0], [None]]
        after.close()


def test_a_batch_over_the_limit_is_refused_whole_and_there_is_room_after_draining(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "bridge-0.sqlite", 2_000)
    spool.append(batch(1, b"x" * 1_500))
    with pytest.raises(SpoolFull):
        spool.append(batch(1, b"x" * 1_500))
    oldest = spool.oldest(1)
    assert oldest is not None
    spool.remove(oldest)
    spool.append(batch(1, b"x" * 1_500))
    assert spool.messages == 1
    spool.close()


def test_a_second_worker_cannot_use_the_same_spool(spool: Spool) -> None:
    with pytest.raises(SpoolBusy, match="in use"):
        Spool(spool.path, 1_000)


def test_a_damaged_entry_is_set_aside_and_does_not_stop_the_rest(spool: Spool) -> None:
    spool.append(batch(2))
    spool.append(batch(1))
    with sqlite3.connect(spool.path) as other:
        other.execute(
            "UPDATE entry SET content = CAST(x'00' || substr(content, 2) AS BLOB) WHERE id = 1"
        )
    other.close()
    damaged = spool.oldest(1)
    assert damaged is not None
    assert damaged.entry is None
    assert damaged.messages == 2
    spool.remove(damaged)
    following = spool.oldest(1)
    assert following is not None
    assert following.entry is not None
    with sqlite3.connect(spool.path) as other:
        assert other.execute("SELECT messages FROM damaged").fetchall() == [(2,)]
    other.close()
