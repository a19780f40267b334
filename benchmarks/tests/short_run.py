"""One benchmark as a process, as short as it gets, with servers of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

RUN_SECONDS = 600  # of one that hangs; less than pytest allows a test


def short_run(name: str, *words: str) -> dict[str, Any]:
    """The line of JSON that `python -m benchmarks.NAME` ends with."""
    ours = {"DATABASE_URL", "REDIS_URL", "MQTT_URL"}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *words],
        check=False,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in ours},
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
