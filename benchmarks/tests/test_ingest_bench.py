"""The ingest benchmark runs, loses nothing, and says what it promises to say."""

import pytest

from benchmarks.commits import percentiles
from benchmarks.packets import Fleet, Packets
from benchmarks.tests.short_run import alone, short_run
from bridge.decode import Decoder
from bridge.mqtt.packet import PacketCutter

NAMES = {
    "messages_per_s",
    "readings_per_s",
    "bridge_messages_per_cpu_s",
    "stock_client_messages_per_cpu_s",
    "ratio",
    "peak_rss_mib",
    "latency_p50_ms",
    "latency_p99_ms",
    "broker",
    "versions",
    "cores",
    "matrix",
}


@pytest.mark.process
def test_a_short_run_reports_everything_and_loses_nothing():
    words = ["--json", "--seconds=0.5", "--latency-seconds=0.5", "--devices=50", "--matrix=5x80"]
    result = short_run("ingest", *words, "--ahead=2000")
    assert result.keys() >= NAMES
    assert [leg["values_per_message"] for leg in result["matrix"]] == [5]
    for leg in (result, *result["matrix"]):
        assert (leg["lost"], leg["duplicated"], leg["rejected"]) == (0, 0, 0)
        assert leg["messages_per_s"] > 0
        assert leg["latency_p99_ms"] >= leg["latency_p50_ms"] > 0


def test_packets_are_messages_of_their_device_at_the_given_time():
    fleet = Fleet("bench", devices=7, values=3)
    packets = Packets(fleet, 2, 7)
    now_ms = 1_790_000_000_123
    sent = packets.stamped(0, 0, 5, now_ms, 65_533)
    assert len(sent) == 5 * packets.size

    messages = PacketCutter(version5=False).feed(sent, now_ms * 1000).messages
    assert [message.mid for message in messages] == [65_534, 65_535, 1, 2, 3]
    items = [Decoder().decode(message)[0] for message in messages]
    assert [item.uid for item in items] == [fleet.uid(number) for number in range(2, 7)]
    assert {item.samples[0].time_us for item in items} == {now_ms * 1000}
    assert all(len(item.samples[0].values) == 3 for item in items)


def test_no_device_measures_twice_at_one_time():
    packets = Packets(Fleet("bench", devices=3, values=1), 0, 3)
    rounds = [packets.stamped(turn, 0, 3, 1_790_000_000_000, 0) for turn in range(4)]
    cutter = PacketCutter(version5=False)
    times = [
        (message.topic, Decoder().decode(message)[0].samples[0].time_us)
        for sent in rounds
        for message in cutter.feed(sent, 1_790_000_000_000_000).messages
    ]
    assert len(set(times)) == 12


def test_percentiles_count_rows_and_not_transactions():
    ended = {1: 110.0, 2: 150.0}
    groups = [(1, 100, 98), (2, 100, 2), (3, 100, 50)]  # transaction 3 was not seen to end
    assert percentiles(groups, ended, (0.5, 0.98, 0.99)) == [10.0, 10.0, 50.0]
    assert percentiles([], ended, (0.5,)) is None


@pytest.mark.process
def test_the_steps_of_a_message_are_each_measured():
    result = alone("steps", "--devices=50", "--rounds=1")  # as it is called
    steps = result["microseconds"]
    assert list(steps) == [
        "cut",
        "intake",
        "intake_without_time",
        "rows",
        "copy_buffer",
        "acknowledgements",
    ]
    assert all(spent > 0 for spent in steps.values())
