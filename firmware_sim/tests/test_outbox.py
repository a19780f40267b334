"""The outbox: in order, bounded, nothing lost uncounted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.outbox import BATCH_SAMPLES, FRESH_WAITING, Entry, Outbox, Purpose
from firmware_sim.payload import Sample


def sample(at: int) -> Sample:
    return Sample(at, at, {"value": at})


def entry(at: int, purpose: Purpose = Purpose.FRESH) -> Entry:
    return Entry(purpose, (sample(at),))


def times(entries: list[Entry]) -> list[int]:
    return [one.at for each in entries for one in each.samples]


def drain(outbox: Outbox) -> list[Entry]:
    entries = []
    while (one := outbox.take()) is not None:
        entries.append(one)
    return entries


def test_a_fresh_message_goes_out_alone():
    outbox = Outbox()
    outbox.put(entry(1))
    taken = outbox.take()
    assert taken is not None
    assert taken.purpose is Purpose.FRESH
    assert outbox.take() is None


def test_what_was_kept_goes_out_in_order_in_batches():
    outbox = Outbox()
    for at in range(100):
        outbox.put(entry(at, Purpose.STORED))
    taken = drain(outbox)
    assert times(taken) == list(range(100))
    assert [len(one.samples) for one in taken] == [BATCH_SAMPLES] * 3 + [100 - 3 * BATCH_SAMPLES]


def test_many_fresh_messages_waiting_are_sent_as_one():
    outbox = Outbox()
    for at in range(FRESH_WAITING + 1):
        outbox.put(entry(at))
    taken = drain(outbox)
    assert len(taken) == 1
    assert taken[0].purpose is Purpose.STORED


def test_a_full_outbox_loses_its_oldest_and_says_how_many():
    outbox = Outbox(capacity=10)
    lost = sum(outbox.put(entry(at, Purpose.STORED)) for at in range(25))
    assert lost == 15
    assert outbox.samples == 10
    assert times(drain(outbox)) == list(range(15, 25))


def test_what_is_on_its_way_counts_against_the_bound():
    outbox = Outbox(capacity=10)
    for at in range(10):
        outbox.put(entry(at, Purpose.STORED))
    on_its_way = outbox.take()
    assert on_its_way is not None
    assert outbox.put(entry(10)) == 0  # the newest is kept even so: it is the only one waiting
    assert outbox.put(entry(11)) == 1
    outbox.settle(on_its_way)
    assert outbox.samples == 1


def test_interrupted_messages_come_first_again_in_their_order_without_the_faults():
    outbox = Outbox()
    sent = [
        entry(1),
        Entry(Purpose.MALFORMED, payload=b"{"),
        entry(2),
        Entry(Purpose.DUPLICATE, (sample(1),), b"{}"),
    ]
    outbox.put(entry(3))
    outbox.give_back(sent)
    assert times(list(outbox.waiting)) == [1, 2, 3]
    assert [one.purpose for one in outbox.waiting] == [
        Purpose.STORED,
        Purpose.STORED,
        Purpose.FRESH,
    ]


@given(
    capacity=st.integers(1, 40),
    moves=st.lists(st.sampled_from(["put", "put", "take", "settle", "lose"]), max_size=200),
)
def test_every_sample_is_waiting_or_settled_or_counted_as_lost(capacity, moves):
    outbox = Outbox(capacity)
    flying: list[Entry] = []
    produced = settled = lost = 0
    for move in moves:
        if move == "put":
            lost += outbox.put(entry(produced))
            produced += 1
        elif move == "take":
            if (taken := outbox.take()) is not None:
                flying.append(taken)
        elif move == "settle" and flying:
            first = flying.pop(0)
            outbox.settle(first)
            settled += len(first.samples)
        elif move == "lose":
            outbox.give_back(flying)
            flying = []
        assert produced == settled + lost + outbox.samples
        assert times(flying) + times(list(outbox.waiting)) == sorted(
            times(flying) + times(list(outbox.waiting))
        )
