"""How much one sender may cost: what is over the limit is not decoded, and nobody else pays."""

from __future__ import annotations

import json
import zlib

import pytest

from bridge.commit import spool_entry
from bridge.commit.rows import RowBuilder
from bridge.decode.items import Reason, Rejected
from bridge.intake.allowance import (
    AT_ONCE,
    FLOOD,
    FLOOD_RATE,
    KEPT_AT_ONCE,
    LOOK_EVERY,
    MESSAGE,
    PAUSE,
    READING,
    Allowance,
    readings_in,
)
from bridge.intake.batch import FROM_SPOOL
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.message import Message
from bridge.models import IgnoredMessages
from bridge.tests.conftest import holding
from devices.models import Device
from telemetry.models import QuarantinedMessage, Series
from telemetry.series.registry import MAX_SERIES_PER_DEVICE
from telemetry.storage import store

NOW_US = 1_700_000_000_000_000
RATE = 1_000  # readings a second
EACH = 90  # readings of a message, which counts as a hundred of them


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Traffic:
    """Senders whose messages are let through or refused one by one."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.allowance = Allowance(RATE, self.clock)

    def send(self, sender: str, messages: int, readings: int = EACH) -> int:
        """How many of the messages were let through."""
        passed = 0
        for _ in range(messages):
            if sender not in self.allowance.over():
                self.allowance.charge([sender], [sender], [0], [readings])
                passed += 1
        return passed

    def second(self, sender: str, messages: int) -> int:
        """The same, spread over a second."""
        passed = 0
        for _ in range(10):
            self.clock.now += 0.1
            passed += self.send(sender, messages // 10)
        return passed


def test_a_burst_passes_then_the_rate() -> None:
    traffic = Traffic()
    burst = AT_ONCE * RATE // (EACH + MESSAGE // READING)
    assert traffic.send("noisy", 1_000) == burst + 1  # the last one is known when it was decoded
    passed = sum(traffic.second("noisy", 1_000) for _ in range(20))
    assert passed == pytest.approx(20 * RATE / 100, rel=0.1), "what was refused is not charged"


def test_who_keeps_to_the_rate_is_never_refused() -> None:
    traffic = Traffic()
    traffic.send("noisy", 1_000)
    assert sum(traffic.second("steady", 10) for _ in range(100)) == 1_000


def test_bytes_and_messages_count_too() -> None:
    for size, readings, most in ((0, 0, AT_ONCE * RATE // 10), (99_000, 0, AT_ONCE)):
        one = Allowance(RATE, Clock())
        passed = 0
        while "sender" not in one.over():
            one.charge(["sender"], ["sender"], [size], [readings])
            passed += 1
        assert passed == most + 1


def test_after_a_pause_of_ours_what_was_sent_in_it_passes() -> None:
    traffic = Traffic()
    traffic.allowance.reads()
    traffic.clock.now += 60
    traffic.allowance.reads()
    assert traffic.send("gateway", 60 * RATE // 100) == 60 * RATE // 100
    traffic.allowance.caught_up()
    assert traffic.send("gateway", 1_000) == AT_ONCE * RATE // 100 + 1, "as if it had paused"


def test_who_sends_more_than_it_could_have_in_a_pause_is_over_after_it() -> None:
    """A flood fills the inbox, and reading pauses: it is not to pardon itself with that."""
    traffic = Traffic()
    traffic.allowance.reads()
    for _ in range(20):
        traffic.clock.now += PAUSE * 1.5
        traffic.allowance.reads()
        traffic.send("noisy", 1_000)
    passed = traffic.send("steady", 20 * RATE // 100)
    assert passed == 20 * RATE // 100, "what it could have sent meanwhile"
    traffic.allowance.caught_up()
    assert traffic.send("noisy", 1_000) == 0
    assert traffic.send("steady", 1) == 1


def test_a_pause_is_pardoned_for_as_long_and_no_longer() -> None:
    traffic = Traffic()
    traffic.allowance.was_away(60)
    traffic.allowance.reads()
    traffic.clock.now += 59
    traffic.allowance.over()
    assert traffic.send("noisy", 10_000) > 60 * RATE // 100
    traffic.clock.now += 2
    traffic.send("noisy", 1)
    assert traffic.send("late", 1_000) == AT_ONCE * RATE // 100 + 1


def test_as_much_again_a_second_is_kept_of_what_is_refused() -> None:
    traffic = Traffic()
    traffic.send("noisy", 1_000)
    refused = [traffic.allowance.refuse("noisy", 9_000) for _ in range(1_000)]
    assert sum(each.kept for each in refused) == KEPT_AT_ONCE * RATE // 100
    assert {(each.uid, each.problem.reason) for each in refused} == {("noisy", Reason.OVER_LIMIT)}


def test_who_floods_is_named_once_and_who_is_a_little_over_never() -> None:
    traffic = Traffic()
    traffic.send("noisy", 1_000)
    traffic.send("steady", 1_000)
    for _ in range(100):  # a second's worth beyond the rate, each tenth of a second
        traffic.clock.now += 0.1
        for sender, messages in (("noisy", 2 * FLOOD_RATE), ("steady", FLOOD_RATE // 20)):
            for _ in range(messages):
                if sender in traffic.allowance.over():
                    traffic.allowance.refuse(sender, 10)
                else:
                    traffic.allowance.charge([sender], [sender], [10], [EACH])
    assert traffic.allowance.flooding() == {("noisy", "noisy")}
    assert traffic.allowance.flooding() == set()


def test_a_topic_that_speaks_for_many_devices_is_named_without_one_again_and_again() -> None:
    traffic = Traffic()
    while "gateway" not in traffic.allowance.over():
        traffic.allowance.charge(["gateway"], [""], [10], [EACH])
    for _ in range(2):
        for _ in range(FLOOD + 1):
            traffic.allowance.refuse("gateway", 10)
        assert traffic.allowance.flooding() == {("gateway", "")}


def test_who_sends_no_more_is_forgotten() -> None:
    traffic = Traffic()
    for number in range(100):
        traffic.send(f"device-{number}", 1)
    traffic.clock.now += LOOK_EVERY
    traffic.allowance.over()
    assert not traffic.allowance._spent


@pytest.fixture
def memory(database: object) -> Memory:
    """A pump with as many series as one may have, and a fleet with one each."""
    pump = Device.objects.create(uid="pump-1", name="Pump 1")
    names = [f"m{number}" for number in range(MAX_SERIES_PER_DEVICE)]
    Series.objects.bulk_create(Series(device=pump, metric=metric) for metric in names)
    quiet = Device.objects.bulk_create(
        Device(uid=f"quiet-{number}", name="Quiet") for number in range(100)
    )
    Series.objects.bulk_create(Series(device=device, metric="m0") for device in quiet)
    made = Memory.nothing(holding())
    made.registry.refresh(NOW_US / 1e6)
    made.series.load_all()
    return made


def message(uid: str, payload: bytes, mid: int, *, dup: bool = False) -> Message:
    return Message(f"devices/{uid}/telemetry".encode(), payload, mid, dup, False, b"", NOW_US)


def test_one_noisy_device_costs_no_more_than_its_limit_and_the_others_come_through(
    memory: Memory,
) -> None:
    values = {f"m{number}": number for number in range(450)}
    large = json.dumps(
        [{"ts": NOW_US // 1_000 + n, "values": values} for n in range(20)]
    ).encode()  # 9 000 readings
    sent = []
    for number in range(300):
        sent.append(message("pump-1", large, 2 * number + 1))
        quiet = b'{"ts":%d,"values":{"m0":1}}' % (NOW_US // 1_000 + number)
        sent.append(message(f"quiet-{number % 100}", quiet, 2 * number + 2))
    limited = Intake(memory, Allowance(20_000, Clock()))
    decoded, others, refused, acknowledged = 0, 0, 0, b""
    for start in range(0, len(sent), 2):  # as they come off the wire: a large one fills a read
        for batch in limited.batches(1, sent[start : start + 2]):
            refused += any(isinstance(each[0], Rejected) for each in batch.items.values())
            by_sender = [
                readings_in(batch.items.get(index, [])) + batch.counts[index] for index in (0, 1)
            ]
            decoded += by_sender[0]
            others += by_sender[1]
            acknowledged += batch.acknowledgements()
    assert 0 < decoded <= AT_ONCE * 20_000 + 9_000, "of 2 700 000"
    assert others == 300
    assert refused == 300 - decoded // 9_000
    mids = [int.from_bytes(acknowledged[at + 2 : at + 4]) for at in range(0, len(acknowledged), 4)]
    assert mids == list(range(1, 601)), "nothing is held back"


def test_what_is_sent_again_and_what_was_spooled_is_not_judged_anew(memory: Memory) -> None:
    limited = Intake(memory, Allowance(100, Clock()))
    payload = json.dumps({f"m{number}": number for number in range(450)}).encode()
    timed = b'{"ts":%d,"values":%b}' % (NOW_US // 1_000, payload)
    limited.batch(1, [message("pump-1", timed, 1), message("pump-1", timed, 2)])
    over = limited.batch(1, [message("pump-1", timed, 3)])
    assert over.items[0][0].problem.reason is Reason.OVER_LIMIT
    again = limited.batch(1, [message("pump-1", timed, 1, dup=True)])
    assert again.counts == [450]
    drained = limited.batch(0, [message("pump-1", timed, 2)], {})
    assert drained.counts == [450]


def test_what_was_refused_and_then_spooled_stays_refused(memory: Memory) -> None:
    """Read anew when the spool is drained, it would have no time, and count as too old."""
    limited = Intake(memory, Allowance(100, Clock()))
    large = b'{"m0":1}'.ljust(60_000)
    limited.batch(1, [message("pump-1", large, 1)])
    refused = limited.batch(1, [message("pump-1", b'{"m0":2}', 2)])
    entry = spool_entry.decoded(content := spool_entry.encoded(refused), zlib.crc32(content))
    assert entry is not None
    drained = limited.batch(FROM_SPOOL, entry.messages, {}, entry.items)
    assert [each.problem.reason for each in drained.items[0]] == [Reason.OVER_LIMIT]


def test_what_is_over_is_kept_whole_then_counted(memory: Memory) -> None:
    limited = Intake(memory, Allowance(100, Clock()))
    payload = b'{"m0":1}'.ljust(15_000)
    limited.batch(1, [message("pump-1", payload, mid) for mid in range(1, 5)])
    payload = payload[:2_000]
    batch = limited.batch(1, [message("pump-1", payload, mid) for mid in range(5, 14)])
    rows = RowBuilder(memory).build(batch, 0, 9)
    assert rows.rejected == set(range(9))
    assert (rows.over_limit, len(rows.batch.quarantined)) == (9, 3)
    builder = RowBuilder(memory)
    store.write(rows.batch, "bridge-0", alongside=builder.alongside(rows, batch))
    kept = QuarantinedMessage.objects.values_list("uid", "reason", "payload_size")
    assert list(kept) == [("pump-1", "over_limit", 2_000)] * 3
    assert IgnoredMessages.objects.get().messages == 6


def test_what_is_counted_only_is_told_and_known_again_like_any_refused(memory: Memory) -> None:
    limited = Intake(memory, Allowance(100, Clock()))
    quiet = message("quiet-1", b'{"ts":%d,"values":{"m0":7}}' % (NOW_US // 1_000), 1_002)
    limited.batch(1, [quiet, message("pump-1", b'{"m0":1}'.ljust(60_000), 1)])
    flood = [message("pump-1", b'{"m0":%d}' % mid, mid) for mid in range(2, 1_002)]
    flood[7].properties = b"&\0\1a\0\1b"  # a user property is no way around
    sent = [*flood[:600], quiet, *flood[600:]]
    (batch,) = limited.batches(1, sent)
    assert batch.counts == [int(each is quiet) for each in sent]
    builder = RowBuilder(memory)
    pieces = [builder.build(batch, 0, 500), builder.build(batch, 500, 1_001)]
    for rows in pieces:
        mine = range(rows.start, rows.stop)
        assert rows.rejected == {index for index in mine if sent[index] is not quiet}
        assert rows.over_limit == len(rows.rejected)
        for index in rows.rejected:
            (problem,) = rows.verdict_of(index, "pump-1").problems
            assert problem.reason is Reason.OVER_LIMIT
        kept = len(rows.batch.quarantined)
        assert rows.ignored.total() == rows.over_limit - kept
    assert [rows.readings for rows in pieces] == [0, 1]
    assert {topic for rows in pieces for _, topic in rows.ignored} == {"devices/pump-1/telemetry"}
    limited.allowance._over.clear()
    for each in flood:
        each.dup = True
    again = limited.batch(2, flood)
    assert builder.build(again, 0, 1_000).rejected == set(range(1_000)), "after a bridge's end"
    other = message("pump-1", b'{"m0":5}', 2, dup=True)
    assert not builder.build(limited.batch(2, [other]), 0, 1).rejected, "as its packet says more"


def test_readings_over_the_cap_of_series_cost_no_more_than_good_ones(
    memory: Memory, django_assert_num_queries
) -> None:
    intake, builder = Intake(memory), RowBuilder(memory)

    def rows_of(*names: str):
        payload = json.dumps({"ts": NOW_US // 1_000, "values": dict.fromkeys(names, 1)})
        return builder.build(intake.batch(1, [message("pump-1", payload.encode(), 1)]), 0, 1)

    rows_of("m0")  # what is asked once, is asked
    with django_assert_num_queries(0):
        good = rows_of("m1", "state")  # "state" has no series either
        bad = rows_of(*(f"invented-{number}" for number in range(9_000)))
    assert (good.readings, bad.readings) == (1, 0)
    assert (good.values_dropped, bad.values_dropped) == (1, 9_000)
    ((problem,),) = bad.problems.values()
    assert problem.reason is Reason.TOO_MANY_SERIES
    assert problem.detail == "no room for the metric 'invented-0', nor for 8999 more"
    assert len(bad.batch.quarantined) == 1
