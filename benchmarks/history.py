"""`python -m benchmarks.history`: how long a chart's window takes, over HTTP with a token.

Builds a store of N readings, or asks the one that is there (`benchmarks.history_store`), and
measures windows of one series and of 20 at 800 points, the newest reading of a thousand devices,
exports, an import, bytes, and beside it a plain `GROUP BY date_bin` over rows. `--ingest 20000`:
windows and exports once more while a bridge stores so many readings a second (`beside_ingest`), and
the import beside one (`beside_bridge`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from benchmarks import export, history_store
from benchmarks import stack as stacks
from benchmarks.history_store import Store
from benchmarks.questions import Api, spenders, timed
from embedded.servers.child import Child
from embedded.servers.ports import free_port
from embedded.servers.postgres import Postgres

ROWS = 1_000_000
POINTS = 800
FEWER = 10  # `growth` is against a store of so many times fewer rows
WINDOWS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}
REPEATS = 40  # of each question
EXPORTED = 5_000_000  # rows of an export, at most
IMPORTED = 2_000_000  # readings of each file
BRIDGE_RATE = 5_000  # readings a second beside an import
FOLDER = stacks.ROOT / "var" / "bench-history"
PLAIN = """
SELECT date_bin(%s, time, '1970-01-01Z'), avg(value), min(value), max(value), count(*)
FROM plain_reading WHERE series_id = %s AND time >= %s AND time < %s GROUP BY 1 ORDER BY 1
"""


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of the server with the stores: DATABASE_URL, or one of ours that stays."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    folder.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(folder / "postgres", free_port())
    postgres.prepare()
    child = Child.of(postgres, folder / "postgres.log")
    child.start()
    try:
        yield postgres.url
    finally:
        child.stop()


def spans(store: Store) -> dict[str, timedelta]:
    """The windows that the store fills."""
    return {name: span for name, span in WINDOWS.items() if span.days <= store.days}


def windows(api: Api, store: Store, repeats: int, of_whom: Mapping[str, int]) -> dict[str, Any]:
    """Of each window, of one series and of all long ones; `packed_border` is an hour of which one
    half is packed. `of_whom`: whose processor time is told, see `timed`."""
    border = store.stop.date() - timedelta(days=settings.PACK_AFTER_DAYS)
    middle = datetime.combine(border, datetime.min.time(), UTC)
    half = timedelta(minutes=30)
    asked = {name: (store.stop - span, store.stop) for name, span in spans(store).items()}
    asked["packed_border"] = middle - half, middle + half
    found: dict[str, Any] = {}
    for label, ids in (("one", store.long_ids[:1]), ("twenty", store.long_ids)):
        for name, (start, stop) in asked.items():
            of = {"series": ids, "from": start.isoformat(), "to": stop.isoformat()}
            ask = partial(api.get, "readings/", **of, points=POINTS)
            took = timed(ask, repeats, of_whom)
            for share, ms in took.items():
                found.setdefault(f"{share}_ms", {}).setdefault(label, {})[name] = ms
    return found


def plain(url: str, store: Store, repeats: int) -> dict[str, Any]:
    """The same windows of one series as a plain statement over rows, without HTTP."""
    found: dict[str, Any] = {}
    with history_store.session(url) as connection:
        for name, span in spans(store).items():
            asked = [span / POINTS, store.long_ids[0], store.stop - span, store.stop]
            found[name] = timed(partial(_rows, connection, asked), max(3, repeats // 4))
    return found


def _rows(connection: psycopg.Connection, asked: list[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(PLAIN, asked).fetchall()


def exports(port: int, web: Child, token: str, store: Store, rows: int) -> dict[str, Any]:
    """Rows a second of what the long series hold, of at most so many days that it is enough."""
    share = EXPORTED / (rows * history_store.LONG_SHARE)
    start = max(store.start, store.stop - (store.stop - store.start) * share)
    return export.measured(port, web, token, store.long_ids, start, store.stop)


def fewer(chosen: argparse.Namespace, address: str) -> dict[str, Any]:
    """The windows of a store of a tenth of the rows, by a process of its own: Django keeps the
    first database it was told of."""
    words = [f"--rows={chosen.rows // FEWER}", f"--days={chosen.days}", "--windows-only"]
    words += [f"--repeats={chosen.repeats}", f"--ingest={chosen.ingest}"]
    return _said("history", words, {**os.environ, "DATABASE_URL": address})


def imported(readings: int, *words: str) -> dict[str, Any]:
    """What `benchmarks.imports` says, on servers of its own."""
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return _said("imports", ["--json", f"--readings={readings}", *words], ours)


def _said(name: str, words: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """The line of JSON that another benchmark ends with."""
    done = subprocess.run(  # noqa: S603 (our own modules)
        [sys.executable, "-m", f"benchmarks.{name}", *words],
        env=environment,
        cwd=stacks.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise stacks.BenchmarkFailed(f"benchmarks.{name} {' '.join(words)} failed.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def growth(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """p95 over that of fewer rows: the most of all windows, and of each."""
    by_window = {
        label: {name: round(ms / before[label][name], 2) for name, ms in of.items()}
        for label, of in now.items()
    }
    most = max(ratio for of in by_window.values() for ratio in of.values())
    return {"growth": most, "growth_by_window": by_window}


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """The whole benchmark."""
    rows, days, repeats = chosen.rows, chosen.days, chosen.repeats
    with server(chosen.folder) as address:
        before = None if chosen.windows_only else fewer(chosen, address)
        os.environ["DATABASE_URL"] = url = history_store.database(address, rows, days)
        with stacks.running() as stack:
            from benchmarks import live_fleet, machine  # noqa: PLC0415 (needs the settings)

            store, token = history_store.built(url, rows, days), export.token()
            found: dict[str, Any] = {"benchmark": "history", "rows": rows, "days": days}
            with (
                stack.web("config.asgi:application") as (port, web),
                closing(Api(port, token)) as api,
            ):

                def asked(before: dict[str, Any] | None) -> dict[str, Any]:
                    """What is measured alone and beside an ingest; `before` of fewer rows."""
                    found = windows(api, store, repeats, spenders(web, url))
                    if before is None:
                        return found
                    took_out = exports(port, web, token, store, rows)
                    return found | growth(found["p95_ms"], before["p95_ms"]) | took_out

                found |= {"build_seconds": store.built_seconds, **asked(before)}
                if before is not None:
                    far = {"from": "2000-01-01", "to": "2000-01-02", "series": store.long_ids[0]}
                    newest = timed(lambda: api.get("readings/latest/"), max(1, repeats // 4))
                    found["latest_1000_devices_ms"] = newest
                    found["empty_request_ms"] = timed(lambda: api.get("readings/", **far), repeats)
                if chosen.ingest:
                    with (
                        live_fleet.sending(stack, chosen.ingest) as fleet,
                        fleet.watched() as meanwhile,
                    ):
                        found["beside_ingest"] = asked(before and before["beside_ingest"])
                    found["beside_ingest"]["ingest"] = meanwhile
            if before is None:
                return found
            found |= {
                "bytes_per_reading": history_store.sizes(url),
                "plain_group_by_ms": plain(url, store, repeats),
                **machine.describe(stack.broker),
            }
    found["import_rows_per_s"] = imported(min(rows, IMPORTED))["import_rows_per_s"]
    if chosen.ingest:
        beside = imported(min(rows, IMPORTED), f"--beside={BRIDGE_RATE}")
        found["beside_bridge"] = {name: beside[name] for name in ("import_rows_per_s", "bridge")}
    return found


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="readings of the store")
    parser.add_argument("--days", type=int, default=history_store.DAYS, help="that they are of")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="of each question")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the server with the stores")
    parser.add_argument(
        "--ingest", type=int, default=0, metavar="RATE", help="ask again beside so many readings/s"
    )
    parser.add_argument("--windows-only", action="store_true", help="nothing but the windows")
    parser.add_argument("--json", action="store_true", help="as all do: for the other programs")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    sys.stdout.write(json.dumps(measure(options(words))) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
