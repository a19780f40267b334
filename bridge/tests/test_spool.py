"""The spool keeps batches in order, over restarts, within its limit."""

from __future__ import annotations

import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.commit.spool import Spool, SpoolFull, SpoolTrouble
from bridge.commit.spool_lock import SpoolBusy
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


def test_nobody_else_may_read_what_it_keeps(tmp_path: Path) -> None:
    path = tmp_path / "made" / "bridge-0.sqlite"
    spool = Spool(path, 1_000_000)
    spool.append(batch(2))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    spool.close()
    assert {"bridge-0.sqlite", "bridge-0.lock"} < set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


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
    after.open()
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


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill(spool: Spool) -> int:
    """Append until it takes no more; how many entries it took."""
    took = 0
    for size in (20_000, 1):
        while True:
            try:
                spool.append(batch(1, b"x" * size))
            except SpoolTrouble:
                break
            took += 1
    return took


def drain(spool: Spool) -> int:
    """Take everything out; how many messages there were."""
    found = 0
    while spooled := spool.oldest(1):
        assert spooled.entry is not None
        found += spooled.messages
        spool.remove(spooled)
    return found


def test_on_a_full_disk_it_is_drained_and_takes_messages_again(spool: Spool) -> None:
    with files_up_to(1_000_000):
        took = fill(spool)
        assert took > 10
        assert spool.trouble
        # A DELETE needs room of its own, which there is none of: nothing fails for it.
        assert drain(spool) == took
        assert (spool.messages, spool.size, spool.trouble) == (0, 0, "")
        assert fill(spool) == took


def test_what_was_drained_on_a_full_disk_is_not_drained_twice(spool: Spool) -> None:
    with files_up_to(1_000_000):
        took = fill(spool)
        first = spool.oldest(1)
        assert first is not None
        spool.remove(first)
        assert spool.trouble  # it is in the file still
        assert spool.messages == took - 1
        second = spool.oldest(1)
        assert second is not None
        assert second.last_id > first.last_id
    spool.tend()
    assert spool.trouble == ""
    with sqlite3.connect(spool.path) as other:
        assert other.execute("SELECT count(*) FROM entry").fetchall() == [(took - 1,)]
    other.close()


def test_no_number_of_an_entry_is_given_twice_also_in_a_new_file(spool: Spool) -> None:
    with files_up_to(1_000_000):
        fill(spool)
        newest = spool._newest
        drain(spool)
    assert spool.append(batch(1)).id > newest
    assert drain(spool) == 1


def test_a_file_that_another_process_locks_is_a_state_that_passes(spool: Spool) -> None:
    kept = spool.append(batch(2))
    spool.append(batch(3))
    other = sqlite3.connect(spool.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SpoolTrouble, match="locked"):
        spool.append(batch(1))
    assert "locked" in spool.trouble
    spool.forget(kept)  # gone for us, whatever the file says
    assert spool.messages == 3
    oldest = spool.oldest(10)
    assert oldest is not None
    assert oldest.messages == 3
    spool.remove(oldest)
    assert (spool.messages, spool.oldest(10)) == (0, None)
    other.execute("ROLLBACK")
    other.close()
    spool.tend()
    assert spool.trouble == ""
    assert spool.append(batch(1)).id > kept.id
    assert drain(spool) == 1


def test_of_a_file_with_damaged_pages_what_can_be_read_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "bridge-0.sqlite"
    before = Spool(path, 10_000_000)
    for _ in range(600):
        before.append(batch(1, b"x" * 6_000))
    before.close()
    spool = Spool(path, 10_000_000)
    spool.open()
    held = spool.messages
    # Pages of the table itself: a walk over it ends there. More than SQLite remembers follow.
    with path.open("r+b") as file:
        for page in range(40, 43):
            file.seek(page * 8192)
            file.write(b"\xaa" * 8192)
    assert held == 600
    with pytest.raises(SpoolTrouble, match="malformed"):
        drain(spool)
    assert 0 < spool.lost < 10
    left = spool.messages
    assert drain(spool) == left > 500
    assert len(list(tmp_path.glob("bridge-0.damaged-*.sqlite"))) == 1
    newest = spool.append(batch(1)).id
    assert newest > 600
    assert drain(spool) == 1
    spool.close()


def test_a_file_that_is_no_spool_at_all_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "bridge-0.sqlite"
    path.write_bytes(b"not a database, and long enough to be looked at as one" * 100)
    spool = Spool(path, 1_000)
    with pytest.raises(SpoolTrouble, match="not a database"):
        spool.open()
    spool.open()
    assert spool.append(batch(1)).messages == 1
    assert len(list(tmp_path.glob("*.damaged-*.sqlite"))) == 1
    spool.close()


def test_its_owner_is_the_same_after_a_restart_and_nobody_else(tmp_path: Path) -> None:
    first = Spool(tmp_path / "bridge-0.sqlite", 1_000)
    owner = first.owner
    first.close()
    again, other = Spool(tmp_path / "bridge-0.sqlite", 1), Spool(tmp_path / "bridge-1.sqlite", 1)
    assert again.owner == owner != other.owner
    again.close()
    other.close()
