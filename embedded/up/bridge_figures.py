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
    found: dict[str, list[float]] = {}  # one each of its ways in
    for name, value in _SAMPLE.findall(text):
        found.setdefault(name, []).append(float(value))
    if "readings_stored" not in found:
        return None
    return Figures(
        readings=int(sum(found["readings_stored"])),
        database_up=all(found.get("database_up", ())),
        spooled=int(sum(found.get("spooled", ()))),
        spool_full=any(found.get("spool_full", ())),
    )
