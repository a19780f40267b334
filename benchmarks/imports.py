"""`python -m benchmarks.imports`: how many readings a second come in from a file.

A long CSV file and a wide Parquet file, made by the program, are imported one after the other into
an empty database, as `manage.py import` does it: looked at, then written.
"""

from __future__ import annotations

import argparse
import json
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


def made(folder: Path, readings: int) -> dict[str, Path]:
    """The files, each of other devices."""
    import pyarrow as pa  # noqa: PLC0415  (only this needs it)
    from pyarrow import csv  # noqa: PLC0415
    from pyarrow import parquet as pq  # noqa: PLC0415

    rounds = max(1, readings // (DEVICES * len(METRICS)))
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
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
    csv.write_csv(long, folder / "long.csv")
    pq.write_table(wide, folder / "wide.parquet")
    return {"csv": folder / "long.csv", "parquet": folder / "wide.parquet"}


def measure(readings: int = READINGS) -> dict[str, Any]:
    """The whole benchmark on servers of its own or the ones the environment names."""
    with stacks.running() as stack, tempfile.TemporaryDirectory() as folder:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)
        from telemetry.imports.layout import Options  # noqa: PLC0415
        from telemetry.imports.running import Import  # noqa: PLC0415

        found: dict[str, Any] = {}
        for kind, path in made(Path(folder), readings).items():
            began = time.monotonic()
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
                "rows_per_s": round(counts["stored"] / (ended - began)),
            }
        return {
            "benchmark": "imports",
            "import_rows_per_s": min(each["rows_per_s"] for each in found.values()),
            **found,
            **machine.describe(stack.broker),
        }


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--readings", type=int, default=READINGS, help="of each file")
    parser.add_argument("--json", action="store_true", help="as all do: for the other programs")
    chosen = parser.parse_args(words)
    sys.stdout.write(json.dumps(measure(chosen.readings)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
