"""A device without its connection."""

from __future__ import annotations

from firmware_sim.device import MAX_BACKFILL_SAMPLES, Device, backfill_step
from firmware_sim.faults import NAMES, DeviceFaults
from firmware_sim.fleet import Identity, build_fleet
from firmware_sim.outbox import Entry, Outbox, Purpose
from firmware_sim.tally import Tally
from firmware_sim.tests.wire import read

NOW = 1_790_000_000.0


def identity(kind: str) -> Identity:
    return next(one for one in build_fleet(6, seed=1, rate=1.0) if one.model.kind == kind)


def make(kind: str, *, faults: DeviceFaults | None = None, capacity: int = 100) -> Device:
    who = identity(kind)
    return Device(
        who,
        who.model(1, who.uid),
        faults=faults or DeviceFaults(1, who.uid),
        outbox=Outbox(capacity),
        tally=Tally(),
    )


def taken(device: Device) -> Entry:
    entry = device.outbox.take()
    assert entry is not None
    return entry


def test_a_fresh_measurement_has_the_form_of_its_kind():
    device = make("power-meter")
    device.measure(NOW, connected=True)
    entry = taken(device)
    assert read(device.payload(entry))[0][0] is None
    assert not device.stamped(entry)


def test_a_measurement_taken_offline_keeps_its_time():
    device = make("power-meter")
    device.measure(NOW, connected=False)
    device.measure(NOW + 1.0, connected=False)
    entry = taken(device)
    assert [ts for ts, _ in read(device.payload(entry))] == [
        int(NOW * 1000),
        int(NOW * 1000) + 1000,
    ]
    assert device.stamped(entry)


def test_a_weather_station_sends_two_samples_in_a_message():
    device = make("weather-station")
    device.measure(NOW, connected=True)
    assert device.outbox.take() is None
    assert device.waiting == 1
    device.measure(NOW + 0.5, connected=True)
    assert len(read(device.payload(taken(device)))) == 2


def test_two_samples_never_share_a_time_even_if_the_clock_stands():
    device = make("tank")
    for _ in range(5):
        device.measure(NOW, connected=False)
    times = [ts for ts, _ in read(device.payload(taken(device)))]
    assert len(set(times)) == 5
    assert times == sorted(times)


def test_history_fills_the_time_before_the_start_whatever_the_bound():
    device = make("tank", capacity=5)
    device.backfill(NOW - 600.0, NOW, 10.0)
    assert device.outbox.samples == 600.0 / 10.0
    first = read(device.payload(taken(device)))[0]
    assert first[0] == int((NOW - 600.0) * 1000)


def test_history_of_a_restart_repeats_the_same_times():
    times = []
    for shift in (0.0, 3.7):
        device = make("tank")
        device.backfill(NOW - 600.0 + shift, NOW + shift, 10.0)
        times.append({ts for ts, _ in read(device.payload(taken(device)))})
    assert times[0] == times[1]


def test_a_held_back_sample_goes_out_with_its_own_time():
    device = make("freezer", faults=DeviceFaults(1, "freezer-001", ["late"], factor=100.0))
    pause = device.measure(NOW, connected=True)
    assert pause is not None
    assert device.outbox.take() is None
    assert device.waiting == 1
    device.release(int(NOW * 1000))
    entry = taken(device)
    assert entry.purpose is Purpose.LATE
    assert read(device.payload(entry))[0][0] == int(NOW * 1000)


def test_a_duplicate_is_the_same_bytes_again():
    device = make("motor", faults=DeviceFaults(1, "motor-001", ["duplicates"], factor=100.0))
    device.measure(NOW, connected=True)
    entry = taken(device)
    payload = device.payload(entry)
    device.acked(entry)
    again = taken(device)
    assert again.purpose is Purpose.DUPLICATE
    assert device.payload(again) == payload
    device.acked(again)
    assert device.outbox.take() is None


def test_an_acknowledged_sample_leaves_the_outbox_and_a_refused_one_too():
    device = make("motor")
    for step in range(2):
        device.measure(NOW + step, connected=True)
    device.acked(taken(device))
    assert device.waiting == 1
    device.refused(taken(device))
    assert device.waiting == 0


def test_stopping_sends_everything_kept_for_later():
    device = make("weather-station", faults=DeviceFaults(3, "weather-001", NAMES, factor=20.0))
    for step in range(40):
        device.measure(NOW + step, connected=True)
    device.release_all()
    assert not device.held
    assert device.waiting == device.outbox.samples == 40


def test_history_is_as_fine_as_the_fleet_allows() -> None:
    assert backfill_step(24, 900.0, 1.0) == 1.0
    assert backfill_step(24, 900.0, 0.5) == 1.0
    assert backfill_step(500, 900.0, 1.0) == 30.0
    assert backfill_step(24, 900.0, 5.0) == 5.0
    assert 500 * 900.0 / backfill_step(500, 900.0, 1.0) <= MAX_BACKFILL_SAMPLES
