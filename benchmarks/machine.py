"""What a result depends on: the machine, its load, the versions."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import connection

from embedded.servers.mqtt import find_mosquitto

PACKAGES = ("paho-mqtt", "msgspec", "numpy", "psycopg", "Django", "channels-redis")


def describe(broker: str) -> dict[str, Any]:
    """For the head of every result."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        postgres = cursor.fetchone()[0]
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
        timescale = cursor.fetchone()
        cursor.execute(
            "SELECT name, setting FROM pg_settings"
            " WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')"
        )
        settings = dict(cursor.fetchall())
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "commit": _commit(),
        "broker": broker_version(broker),
        "versions": {
            "python": platform.python_version(),
            "postgres": postgres,
            "timescaledb": timescale[0] if timescale else None,
            **{package: version(package) for package in PACKAGES},
        },
        "postgres_settings": settings,
    }


def broker_version(broker: str) -> str:
    """The broker's name with its version."""
    if broker.startswith("Mosquitto"):
        program = find_mosquitto()
        if program is not None:
            said = subprocess.run(  # noqa: S603 (the broker we run)
                [str(program), "-h"], capture_output=True, text=True, check=False
            ).stdout
            found = re.search(r"version (\S+)", said)
            return f"{broker} {found.group(1)}" if found else broker
    return f"{broker} {version('iotcore')}" if broker.startswith("iotcore") else broker


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found.group(1) if found else platform.machine()


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
