"""One benchmark as a process, as short as it gets, with servers of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tests import clusters
from tests.forked_program import running

RUN_SECONDS = 600  # of one that hangs; less than pytest allows a test
OURS = {"DATABASE_URL", "REDIS_URL", "MQTT_URL"}


def short_run(name: str, *words: str) -> dict[str, Any]:
    """The line of JSON that `python -m benchmarks.NAME` ends with. Its Postgres is durable as its
    own would be, and has the tables: to make them takes longer than most short runs do."""
    environment = {key: value for key, value in os.environ.items() if key not in OURS}
    with running(
        f"benchmarks.{name}", *words, environment=environment, cluster=clusters.migrated()
    ) as run:
        assert run.process.wait(RUN_SECONDS) == 0, run.log
        return last_line(run.said)


def alone(name: str, *words: str) -> dict[str, Any]:
    """The same as it is called: a process that shares nothing with another."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *words],
        check=False,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if key not in OURS},
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return last_line(done.stdout)


def last_line(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found
