"""What the wire says of devices is judged right though clocks are wrong and news is old."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from devices.models import Device, Presence
from telemetry.moments import from_us, to_ms
from telemetry.storage import presence
from telemetry.storage.presence import Said
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db

SECOND, HOUR = 1_000_000, 3_600_000_000  # us
NOW = 1_790_000_000 * SECOND


@pytest.fixture
def device() -> Device:
    return Device.objects.create(uid="boiler", name="Boiler", expected_interval=10)


def hear(device: Device, *messages: tuple[int, int]) -> Presence:
    """Messages as (received, measured), Unix us, each the newest of its second."""
    for received, measured in messages:
        presence.write_seen({device.pk: (received, measured)}, {})
    return Presence.objects.get(device=device)


def say(device: Device, said: Said, worker: str = "bridge-0") -> dict[int, presence.Connection]:
    with connection.cursor() as cursor:
        return presence.set_connections(cursor, {device.pk: said}, worker)


def test_a_backlog_that_waited_for_us_is_no_sign_of_life(device: Device) -> None:
    died = NOW - HOUR
    hear(device, (died - 90 * SECOND, died - 90 * SECOND))
    # The bridge was away. The broker kept what the device sent before it died.
    kept = hear(device, (NOW, died - 60 * SECOND), (NOW + SECOND, died))
    assert kept.last_seen_at == from_us(died)
    assert hear(device, (NOW + 60 * SECOND, NOW + 60 * SECOND)).last_seen_at == from_us(
        NOW + 60 * SECOND
    )


@pytest.mark.parametrize("lead", [-HOUR, 5 * HOUR], ids=["behind", "ahead"])
def test_a_clock_that_is_off_is_known_to_be_after_two_messages(device: Device, lead: int) -> None:
    hear(device, (NOW, NOW))
    later = NOW + 20 * SECOND
    kept = hear(device, (later - 10 * SECOND, later - 10 * SECOND + lead), (later, later + lead))
    assert kept.clock_lead == lead // 1_000
    assert kept.last_seen_at == from_us(later)


def test_one_time_stamp_that_is_wrong_moves_no_clock(device: Device) -> None:
    kept = hear(device, (NOW, NOW), (NOW + SECOND, NOW + 5 * HOUR), (NOW + 2 * SECOND, NOW))
    assert kept.clock_lead == -2000
    assert kept.last_seen_at == from_us(NOW + 2 * SECOND)


def test_two_workers_and_late_writes_never_take_back_when_a_device_was_heard(
    device: Device,
) -> None:
    hear(device, (NOW, NOW))
    assert hear(device, (NOW - SECOND, NOW - SECOND)).last_seen_at == from_us(NOW)


def test_a_retained_goodbye_of_long_ago_does_not_end_a_device_that_speaks(device: Device) -> None:
    hear(device, (NOW - SECOND, NOW - SECOND))
    told = say(device, Said(online=False, at_us=NOW, retained=True))
    assert told[device.pk].since_us < NOW - SECOND, "its telemetry outweighs it"


def test_a_goodbye_said_now_counts_from_now(device: Device) -> None:
    hear(device, (NOW - SECOND, NOW - SECOND))
    told = say(device, Said(online=False, at_us=NOW, retained=False))
    assert told == {device.pk: (False, NOW)}
    assert say(device, Said(online=False, at_us=NOW + 1, retained=False)) == {}
    late = Said(online=True, at_us=NOW - 1, retained=False)
    assert say(device, late, worker="bridge-1") == {}, "it came late"
    assert say(device, late) == {device.pk: (True, NOW - 1)}, "this worker's clock stepped back"


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_last_word_counts_whichever_worker_of_a_group_commits_first(
    device: Device, order: tuple[int, ...]
) -> None:
    words = [("bridge-0", True), ("bridge-1", False), ("bridge-2", True)]
    for at in order:
        worker, online = words[at]
        say(device, Said(online, NOW + at * SECOND, retained=False), worker)
    assert Presence.objects.get(device=device).connection == "online"


def test_a_word_that_changes_nothing_keeps_since_and_an_older_one_out(device: Device) -> None:
    say(device, Said(online=True, at_us=NOW, retained=False), "bridge-0")
    again = Said(online=True, at_us=NOW + 2 * SECOND, retained=False)
    assert say(device, again, "bridge-0") == {}
    between = Said(online=False, at_us=NOW + SECOND, retained=False)
    assert say(device, between, "bridge-1") == {}
    kept = Presence.objects.get(device=device)
    assert (kept.connection, kept.connection_since) == ("online", from_us(NOW))
    same = Said(online=False, at_us=NOW + 2 * SECOND, retained=False)
    assert say(device, same, "bridge-1") == {device.pk: (False, NOW + 2 * SECOND)}


def test_a_retained_word_of_a_device_never_heard_counts_from_when_it_was_read(
    device: Device,
) -> None:
    told = say(device, Said(online=False, at_us=NOW, retained=True))
    assert told == {device.pk: (False, NOW)}


def shown(api: APIClient) -> dict[str, dict]:
    [device] = api.get("/api/v1/fleet/").json()["devices"]
    return {one["metric"]: one for one in device["series"]} | {"device": device}


def test_a_value_stamped_hours_ahead_is_not_the_newest(api: APIClient, device: Device) -> None:
    now = to_ms(timezone.now())
    write(series("t").id, [(now - 2000, 20.9), (now - 1000, 21.0), (now + 18_000_000, 1.0)])
    write(series("h").id, [(now - 1000, 40.0)])
    hear(device, ((now - 1000) * 1000, (now - 1000) * 1000))
    found = shown(api)
    assert found["t"]["latest"] == [now - 1000, 21.0]
    assert found["h"]["state"]["name"] == "online"
    assert found["device"]["presence"]["lead"] == 0


def test_of_a_clock_that_is_ahead_the_newest_is_the_newest(api: APIClient, device: Device) -> None:
    now, lead = to_ms(timezone.now()), 18_000_000
    write(series("t").id, [(now + lead - 2000, 20.9), (now + lead - 1000, 21.0)])
    hear(device, ((now - 1000) * 1000, (now + lead - 1000) * 1000))
    found = shown(api)
    assert found["t"]["latest"] == [now + lead - 1000, 21.0]
    assert found["t"]["state"]["name"] == "online"


def test_a_series_with_nothing_but_a_reading_ahead_shows_that(
    api: APIClient, device: Device
) -> None:
    now = to_ms(timezone.now())
    write(series("t").id, [(now + 18_000_000, 1.0)])
    hear(device, (now * 1000, now * 1000))
    assert shown(api)["t"]["latest"] == [now + 18_000_000, 1.0]


def test_an_hourly_metric_of_a_device_that_speaks_every_ten_seconds_is_not_silent(
    api: APIClient, device: Device
) -> None:
    now, hour = to_ms(timezone.now()), 3_600_000
    write(series("total").id, [(now - 1_800_000 - n * hour, float(n)) for n in range(6)])
    write(series("dead").id, [(now - 1_800_000 - n * 10_000, float(n)) for n in range(6)])
    write(series("t").id, [(now - 1000, 1.0)])
    hear(device, ((now - 1000) * 1000, (now - 1000) * 1000))
    found = shown(api)
    assert (found["total"]["interval"], found["total"]["state"]["name"]) == (3600, "online")
    assert (found["dead"]["interval"], found["dead"]["state"]["name"]) == (10, "silent")


def test_a_daily_metric_has_a_rhythm_too(api: APIClient, device: Device) -> None:
    now, day = timezone.now(), timedelta(days=1)
    times = [to_ms(now - timedelta(hours=2) - n * day) for n in range(3)]
    write(series("daily").id, [(at, 1.0) for at in times])
    hear(device, (to_ms(now) * 1000, to_ms(now) * 1000))
    found = shown(api)["daily"]
    assert (found["interval"], found["state"]["name"]) == (86_400, "online")


@pytest.mark.django_db(transaction=True)
def test_batches_do_not_wait_for_the_disk_while_it_is_written_who_was_heard(device: Device) -> None:
    def setting() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return str(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = 'on'")  # as a server has it that is not for tests
    with transaction.atomic():
        presence.write_seen({device.pk: (NOW, NOW)}, {})
        assert setting() == "off"  # of this transaction
    assert setting() == "on"
    presence.write_seen({device.pk: (NOW + SECOND, NOW + SECOND)}, {})
    assert setting() == "on"  # a batch that follows is durable
    assert Presence.objects.get(device=device).last_seen_at == from_us(NOW + SECOND)
    connection.close()
