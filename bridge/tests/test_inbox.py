"""Batches are handed over in order, bounded, and the books balance at every step."""

from __future__ import annotations

from bridge.commit import inbox as inbox_module
from bridge.commit.inbox import BatchResult, Inbox
from bridge.decode.items import Presence
from bridge.intake import batch as batch_module
from bridge.intake.batch import Batch
from bridge.message import Message


def received(count: int, *, mid: int = 1, generation: int = 1) -> Batch:
    made = [Message(b"t", b"12345", mid + i, False, False, b"", 1000 + i) for i in range(count)]
    batch = Batch.of_items(made, [[Presence("a", True)] for _ in made])
    batch.generation = generation
    return batch


def balance(inbox: Inbox) -> int:
    books = inbox.books()
    return books.pop("received") - sum(books.values())


def test_an_idle_writer_gets_what_there_is_at_once() -> None:
    inbox = Inbox()
    inbox.put(received(3))
    batch = inbox.take(0)
    assert batch is not None
    assert [message.mid for message in batch.messages] == [1, 2, 3]
    inbox.finish(batch, BatchResult(stored=3))
    assert inbox.take(0) is None


def test_a_batch_that_was_taken_and_not_finished_is_given_again() -> None:
    inbox = Inbox()
    inbox.put(received(3))
    batch = inbox.take(0)
    inbox.put(received(2, generation=2))
    assert inbox.take(0) is batch  # the writer failed half-way, and comes back
    assert inbox.books()["in_flight"] == 5
    inbox.finish(batch, BatchResult(stored=3))
    assert inbox.take(0).generation == 2


def test_a_new_connection_never_shares_a_batch_with_the_old_one() -> None:
    inbox = Inbox()
    inbox.put(received(2))
    inbox.put(received(1, generation=2))
    first = inbox.take(0)
    assert first is not None
    assert (first.generation, len(first.messages)) == (1, 2)
    inbox.finish(first, BatchResult(stored=2))
    second = inbox.take(0)
    assert second is not None
    assert (second.generation, len(second.messages)) == (2, 1)


def test_batches_grow_while_nobody_takes_them_and_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(batch_module, "MAX_BATCH_MESSAGES", 4)
    inbox = Inbox()
    for _ in range(5):
        inbox.put(received(2))
    sizes = []
    while batch := inbox.take(0):
        sizes.append(len(batch.messages))
        inbox.finish(batch, BatchResult(stored=len(batch.messages)))
    assert sizes == [4, 4, 2]


def test_the_books_balance_at_every_step() -> None:
    inbox = Inbox()
    assert balance(inbox) == 0
    inbox.put(received(5))
    assert inbox.books()["in_flight"] == 5
    batch = inbox.take(0)
    assert batch is not None
    assert inbox.books()["in_flight"] == 5
    assert balance(inbox) == 0
    inbox.put(received(2))
    inbox.finish(batch, BatchResult(stored=3, duplicate=1, rejected=1))
    assert inbox.books() == {
        "received": 7,
        "stored": 3,
        "duplicate": 1,
        "rejected": 1,
        "spooled": 0,
        "in_flight": 2,
    }
    assert balance(inbox) == 0


def test_a_message_lost_between_take_and_settle_shows_in_the_balance() -> None:
    inbox = Inbox()
    inbox.put(received(5))
    batch = inbox.take(0)
    assert batch is not None
    inbox.finish(batch, BatchResult(stored=4))
    assert balance(inbox) == 1


def test_reading_pauses_at_the_limit_and_goes_on_below_it(monkeypatch) -> None:
    monkeypatch.setattr(inbox_module, "MAX_IN_FLIGHT_MESSAGES", 5)
    inbox = Inbox()
    inbox.put(received(5))
    assert inbox.is_full
    batch = inbox.take(0)
    assert batch is not None
    assert inbox.is_full
    inbox.finish(batch, BatchResult(stored=5))
    assert not inbox.is_full


def test_acknowledgements_are_in_receive_order_and_leave_qos_0_out() -> None:
    inbox = Inbox()
    inbox.put(received(2, mid=258))
    inbox.put(received(1, mid=0))
    batch = inbox.take(0)
    assert batch is not None
    assert batch.acknowledgements() == b"\x40\x02\x01\x02" + b"\x40\x02\x01\x03"
