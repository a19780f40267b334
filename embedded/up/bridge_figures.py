"""What the bridge says of itself, read from its own address: nothing of Django's is needed."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass

from embedded.servers.ports import LOOPBACK

ANSWER_SECONDS = 5.0  # for the bridge to answer
_SAMPLE = re.compile(r"^pulseboard_bridge_(\w+?)(?:_total)?\{[^}]*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was stored since the bridge started, and what keeps it from storing more."""

    readings: int
    database_up: bool = True
    spooled: int = 0  # messages kept on disk until the database takes them
    spool_full: bool = False


def ask(port: int) -> Figures | None:
    """The bridge's figures; None while it does not answer."""
    try:
        with urllib.request.urlopen(
            f"http://{LOOPBACK}:{port}/metrics", timeout=ANSWER_SECONDS
        ) as answer:
            return read(answer.read().decode())
    except (OSError, ValueError):
        return None


def read(text: str) -> Figures | None:
    """The figures in the text of `/metrics`."""
    found = {name: float(value) for name, value in _SAMPLE.findall(text)}
    if "readings_stored" not in found:
        return None
    return Figures(
        readings=int(found["readings_stored"]),
        database_up=bool(found.get("database_up", 1)),
        spooled=int(found.get("spooled", 0)),
        spool_full=bool(found.get("spool_full", 0)),
    )
