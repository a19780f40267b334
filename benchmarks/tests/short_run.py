"""One benchmark as a process, as short as it gets, with servers of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

from tests import clusters
from tests.servers import serving_copy

RUN_SECONDS = 600  # of one that hangs; less than pytest allows a test
OURS = {"DATABASE_URL", "REDIS_URL", "MQTT_URL"}


def short_run(name: str, *words: str) -> dict[str, Any]:
    """The line of JSON that `python -m benchmarks.NAME` ends with. Its Postgres is durable as its
    own would be, and has the tables: to make them takes longer than most short runs do."""
    folder = clusters.open_folder()
    try:
        with serving_copy(clusters.migrated(), folder / "postgres") as postgres:
            return alone(name, *words, database=postgres.url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def alone(name: str, *words: str, database: str = "") -> dict[str, Any]:
    """The same by a benchmark that starts all it needs, unless `database` is a Postgres."""
    given = {"DATABASE_URL": database} if database else {}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *words],
        check=False,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if key not in OURS} | given,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
