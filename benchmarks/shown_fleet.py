"""Devices with readings for a page to show, and what they send while it is open."""

from __future__ import annotations

import asyncio
import threading
import time

METRICS = (("temperature", "°C"), ("humidity", "%"), ("pressure", "hPa"))
SITES = 20
KINDS = ("freezer", "pump", "air-quality", "power-meter")
HISTORY = 15 * 60  # seconds before the run …
STEP = 10  # … with a reading each so many
USERNAME = "benchmark-viewer"


class Fleet:
    """The devices, their readings and the viewer."""

    def __init__(self, devices: int) -> None:
        from django.conf import settings  # noqa: PLC0415 (needs the settings, as the rest here)
        from django.contrib.auth import get_user_model  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from access.roles import Role  # noqa: PLC0415
        from devices.models import Device, Presence, Site  # noqa: PLC0415
        from telemetry.models import Series  # noqa: PLC0415

        sites = [
            Site.objects.create(slug=f"site-{n}", name=f"Benchmark site {n}") for n in range(SITES)
        ]
        lines = {"temperature": [{"value": 30, "op": "above", "label": "Too warm"}]}
        made = Device.objects.bulk_create(
            Device(
                uid=f"bench-{n:05}", name=f"Bench {n}", site=sites[n % SITES],
                kind=KINDS[n % len(KINDS)], tags=[f"row-{n % 10}"], expected_interval=10,
                metadata={"thresholds": lines},
            )
            for n in range(devices)
        )  # fmt: skip
        now = timezone.now()
        Presence.objects.bulk_create(
            Presence(device=each, connection="online", connection_since=now, last_seen_at=now)
            for each in made
        )
        series = Series.objects.bulk_create(
            Series(device=each, metric=metric, unit=unit, precision=1)
            for each in made
            for metric, unit in METRICS
        )
        self.warm = {each.pk for each in made[::50]}
        self.series: dict[int, list[int]] = {}
        for each in series:
            self.series.setdefault(each.device_id, []).append(each.pk)
        self._store()
        user, _ = get_user_model().objects.get_or_create(username=USERNAME)
        user.grants.get_or_create(site=None, defaults={"role": Role.VIEWER})
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.cookie = {"name": name, "value": client.cookies[name].value}

    def value(self, device: int, number: int) -> float:
        """Within its limit, or not."""
        return 20.0 + (device + number) % 7 + (20.0 if device in self.warm else 0.0)

    def _store(self) -> None:
        from django.db import connection  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from telemetry.storage import upkeep  # noqa: PLC0415

        upkeep.make_days(timezone.now(), days_back=1)
        warm = [ids[0] for device, ids in self.series.items() if device in self.warm]
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO reading
                SELECT s.id, now() - step * make_interval(secs => %s),
                       20 + (s.id + step) %% 7 + CASE WHEN s.id = ANY(%s) THEN 20 ELSE 0 END
                FROM unnest(%s::int[]) AS s(id), generate_series(0, %s) AS step""",
                [STEP, warm, [one for ids in self.series.values() for one in ids], HISTORY // STEP],
            )


async def publish(fleet: Fleet, stop: threading.Event) -> int:
    """Every device once a second, a tenth of them in each tenth of one."""
    from channels.layers import get_channel_layer  # noqa: PLC0415

    from telemetry.live import contract  # noqa: PLC0415

    layer, devices = get_channel_layer(), list(fleet.series)
    seqs: dict[str, int] = {}
    begun, number = time.perf_counter(), 0
    while not stop.is_set():
        await asyncio.sleep(max(0.0, begun + number / 10 - time.perf_counter()))
        at = time.time_ns() // 1_000_000
        by_group: dict[str, dict[int, list[int | float | str]]] = {}
        heard: dict[str, dict[int, int]] = {}
        for device in devices[number % 10 :: 10]:
            group = contract.shard_group(device)
            heard.setdefault(group, {})[device] = at
            for place, series in enumerate(fleet.series[device]):
                value = fleet.value(device, number) if place == 0 else 50.0 + number % 5
                by_group.setdefault(group, {})[series] = [at, value]
        for group, points in by_group.items():
            seqs[group] = seqs.get(group, 0) + 1
            await layer.group_send(group, contract.readings("benchmark", seqs[group], points))
            await layer.group_send(group, contract.heard(heard[group]))
        number += 1
    await layer.flush()
    return number
