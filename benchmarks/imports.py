"""`python -m benchmarks.imports`: how many readings a second come in from a file.

A long CSV file and a wide Parquet file, made by the program, are imported one after the other into
an empty database, as `manage.py import` does it: looked at, then written.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import stack as stacks

READINGS = 2_000_000  # of each file
DEVICES = 50
METRICS = ("temperature", "humidity", "battery", "pressure")
EVERY = 10  # seconds between two readings of a series
DAYS_AGO = 30  # that a file ends: history, of days that are over
BEFORE_SECONDS = 8.0  # that the bridge is watched without an import
NICE = "5"  # of `manage.py import`: what comes in now goes first


def made(folder: Path, readings: int, days_ago: float = DAYS_AGO) -> dict[str, Path]:
    """The files, each of other devices, unless they are there."""
    paths = {"csv": folder / "long.csv", "parquet": folder / "wide.parquet"}
    if all(path.exists() for path in paths.values()):
        return paths
    import pyarrow as pa  # noqa: PLC0415  (only this needs it)
    from pyarrow import csv  # noqa: PLC0415
    from pyarrow import parquet as pq  # noqa: PLC0415

    rounds = max(1, readings // (DEVICES * len(METRICS)))
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days_ago, minutes=10)
    start = int(end.timestamp()) - rounds * EVERY
    at = np.repeat(start + EVERY * np.arange(rounds), DEVICES) * 1_000_000
    times = pa.array(at, pa.timestamp("us", "UTC"))
    random = np.random.default_rng(1)
    values = {name: np.round(20 + 5 * random.standard_normal(len(at)), 2) for name in METRICS}
    names = {kind: [f"{kind}-{n}" for n in range(DEVICES)] * rounds for kind in ("csv", "parquet")}
    wide = pa.table({"time": times, "device": names["parquet"], **values})
    count = len(METRICS)
    long = pa.table(
        {
            "time": pa.array(np.repeat(at, count), pa.timestamp("us", "UTC")).cast(pa.string()),
            "device": np.repeat(names["csv"], count),
            "metric": list(METRICS) * len(at),
            "value": np.stack(list(values.values()), axis=1).ravel(),
        }
    )
    csv.write_csv(long, paths["csv"])
    pq.write_table(wide, paths["parquet"])
    return paths


def measure(
    readings: int = READINGS, files: Path | None = None, days_ago: float = DAYS_AGO
) -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running() as stack, tempfile.TemporaryDirectory() as folder:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)
        from telemetry.imports.layout import Options  # noqa: PLC0415
        from telemetry.imports.running import Import  # noqa: PLC0415

        found: dict[str, Any] = {}
        for kind, path in made(files or Path(folder), readings, days_ago).items():
            began, cpu = time.monotonic(), time.process_time()
            work = Import(path, path.name, Options(register=True))
            work.survey()
            looked = time.monotonic()
            counts = work.write().counts
            ended = time.monotonic()
            found[kind] = {
                "readings": counts["readings"],
                "stored": counts["stored"],
                "mebibytes": round(path.stat().st_size / 2**20, 1),
                "look_seconds": round(looked - began, 2),
                "write_seconds": round(ended - looked, 2),
                "cpu_seconds": round(time.process_time() - cpu, 2),  # of this process
                "rows_per_s": round(counts["stored"] / (ended - began)),
            }
        return {
            "benchmark": "imports",
            "import_rows_per_s": min(each["rows_per_s"] for each in found.values()),
            **found,
            **machine.describe(stack.broker),
        }


def beside(
    readings: int, rate: int, days_ago: float = DAYS_AGO, before_seconds: float = BEFORE_SECONDS
) -> dict[str, Any]:
    """The same in a process of its own, as `manage.py import` is, while a fleet sends that many
    readings a second."""
    with stacks.running() as stack, tempfile.TemporaryDirectory() as folder:
        from benchmarks import live_fleet  # noqa: PLC0415 (needs the settings)

        made(Path(folder), readings, days_ago)
        with live_fleet.sending(stack, rate) as fleet:
            with fleet.watched() as before:
                time.sleep(before_seconds)
            words = ["--readings", str(readings), "--files", folder]
            with fleet.watched() as meanwhile:
                done = subprocess.run(  # noqa: S603 (our own module)
                    ["nice", "-n", NICE, sys.executable, "-m", "benchmarks.imports", *words],  # noqa: S607
                    cwd=stacks.ROOT,
                    stdout=subprocess.PIPE,
                    text=True,
                    check=False,
                )
    if done.returncode:
        raise stacks.BenchmarkFailed("The import beside a bridge failed.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found | {"bridge": {"before": before, "meanwhile": meanwhile}}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--readings", type=int, default=READINGS, help="of each file")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="where they are, if made")
    parser.add_argument("--beside", type=int, metavar="RATE", help="readings/s a bridge stores")
    parser.add_argument(
        "--before", type=float, default=BEFORE_SECONDS, help="seconds of a bridge without an import"
    )
    parser.add_argument(
        "--days-ago", type=float, default=DAYS_AGO, help="that they end; 0: days that are not over"
    )
    parser.add_argument("--json", action="store_true", help="as all do: for the other programs")
    chosen = parser.parse_args(words)
    if chosen.beside:
        found = beside(chosen.readings, chosen.beside, chosen.days_ago, chosen.before)
    else:
        found = measure(chosen.readings, chosen.files, chosen.days_ago)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
