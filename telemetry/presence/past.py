"""Read the past of presence: what is kept of devices, and when nobody listened to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from devices.models import Device, Presence
from devices.presence_past import Fact, Known, Span, Stretch, joined, stretches
from telemetry.history.read_limit import limited
from telemetry.moments import to_ms
from telemetry.presence.listening import Worker, listened
from telemetry.sql import load

_SQL = load("presence_past")


def workers() -> list[Worker]:
    """Those that take what devices send, as they said last."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_workers"])
        return [Worker(name, since, until) for name, since, until in cursor.fetchall()]


def unknown(start: int, stop: int) -> tuple[int, list[Span]]:
    """Until when it is known whether somebody listened, and the spans of a window in which nobody
    did: also of what no engine has noted yet. Unix milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_known"])
        row = cursor.fetchone()
        known = row[0] if row else 0
        cursor.execute(_SQL["list_unknown"], {"start_ms": start, "stop_ms": stop})
        spans = [(first, last) for first, last in cursor.fetchall()]
    until, more = listened(workers(), known, {})
    return until, joined([*spans, *more, (until, max(until, stop))])


def of_devices(
    devices: Sequence[Device], start: int, stop: int
) -> tuple[int, dict[int, list[Stretch]]]:
    """Until when the past is known, and by device id its states from `start` to `stop`. Unix
    milliseconds; the devices are loaded with `select_related("presence")`. Raises `TooSlow`."""
    with limited():
        return _of_devices(devices, start, stop)


def _of_devices(
    devices: Sequence[Device], start: int, stop: int
) -> tuple[int, dict[int, list[Stretch]]]:
    until, spans = unknown(start, stop)
    facts: dict[int, list[Fact]] = {device.pk: [] for device in devices}
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["list_facts"], {"devices": list(facts), "start_ms": start, "stop_ms": stop}
        )
        for device_id, *fact in cursor.fetchall():
            facts[device_id].append(Fact(*fact))
    return until, {
        device.pk: stretches(known(device, facts[device.pk]), spans, start, stop)
        for device in devices
    }


def known(device: Device, facts: Iterable[Fact]) -> Known:
    """What is kept of a device together with how it stands."""
    try:
        row = device.presence
    except Presence.DoesNotExist:
        row = Presence(device=device)
    since, seen = row.connection_since, row.last_seen_at
    return Known(
        facts=list(facts),
        created=to_ms(device.created_at),
        interval=device.expected_interval,
        enabled=device.enabled,
        connection=str(row.connection),
        connection_since=None if since is None else to_ms(since),
        last_seen=None if seen is None else to_ms(seen),
    )
