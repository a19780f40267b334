"""`python -m benchmarks.export`: rows a second that an export comes at, through the web process.

One series is written by COPY into an empty database and asked for with a token, as CSV and as
Arrow, by a client that throws it away. `peak_mib` is the most memory the web process had meanwhile.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks import stack as stacks
from embedded.prove.process import peak_rss_mib
from embedded.servers.child import Child

ROWS = 5_000_000
FORMATS = ("csv", "arrow")
STEP = timedelta(milliseconds=100)  # between two readings
START = datetime(2026, 11, 1, tzinfo=UTC)
READ = 1 << 20  # bytes the client takes at once


def fill(rows: int) -> int:
    """Write the series; its id."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    from devices.models import Device  # noqa: PLC0415
    from telemetry.models import Series  # noqa: PLC0415
    from telemetry.storage.backend import backend  # noqa: PLC0415

    days = rows * STEP // timedelta(days=1) + 1
    backend().make_days({START.date() + timedelta(days=day) for day in range(days)})
    device = Device.objects.create(uid="bench-export", name="bench-export")
    one = Series.objects.create(device=device, metric="temperature", unit="°C")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reading SELECT %s, %s + n * %s::interval,"
            " round((20 + 5 * sin(n / 36000.0) + (n %% 977) / 1000.0)::numeric, 2)::float8"
            " FROM generate_series(0, %s - 1) AS n",
            [one.pk, START, STEP, rows],
        )
        cursor.execute("VACUUM ANALYZE reading")
    return one.pk


def token() -> str:
    """One of the API."""
    from django.contrib.auth.models import User  # noqa: PLC0415 (needs the settings)
    from knox.models import AuthToken  # noqa: PLC0415

    from access.roles import Role  # noqa: PLC0415

    user = User.objects.get_or_create(username="bench-export")[0]
    user.grants.update_or_create(site=None, defaults={"role": Role.VIEWER})
    made: str = AuthToken.objects.create(user)[1]
    return made


def measured(
    port: int, web: Child, key: str, series: list[int], start: datetime, stop: datetime
) -> dict[str, Any]:
    """What each format comes at, by the second of two times: then the cache is warm, and pyarrow
    loaded."""
    rows = 0
    found: dict[str, Any] = {name: {} for name in ("rows_per_s", "bytes_per_row", "peak_mib")}
    for name in FORMATS:
        _exported(port, key, name, series, start, stop)
        size, lines, seconds = _exported(port, key, name, series, start, stop)
        rows = rows or lines - 1  # of CSV, which has a head
        found["rows_per_s"][name] = round(rows / seconds)
        found["bytes_per_row"][name] = round(size / rows, 1)
        found["peak_mib"][name] = int(peak_rss_mib(web.pid))
    return {"export_rows": rows} | {f"export_{name}": of for name, of in found.items()}


def _exported(
    port: int, key: str, name: str, series: list[int], start: datetime, stop: datetime
) -> tuple[int, int, float]:
    """Bytes and lines of the window in this format, and seconds they took."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    asked = {"series": series, "from": start.isoformat(), "to": stop.isoformat(), "format": name}
    with closing(wire):
        began = time.perf_counter()
        address = f"/api/v1/readings/?{urlencode(asked, doseq=True)}"
        wire.request("GET", address, headers={"Authorization": f"Bearer {key}"})
        answer = wire.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise stacks.BenchmarkFailed(answer.read(1000).decode())
        size = lines = 0
        while piece := answer.read(READ):
            size += len(piece)
            lines += piece.count(b"\n")
        return size, lines, time.perf_counter() - began


def measure(rows: int = ROWS) -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running() as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        series_id, key = fill(rows), token()
        with stack.web("config.asgi:application") as (port, web):
            found = measured(port, web, key, [series_id], START, START + rows * STEP)
        return {"benchmark": "export", **found, **machine.describe(stack.broker)}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    chosen = parser.parse_args(words)
    sys.stdout.write(json.dumps(measure(chosen.rows)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
