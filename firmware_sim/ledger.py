"""The ledger: one JSON line per sample the broker has acknowledged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from firmware_sim.device import Device
from firmware_sim.outbox import Entry, Purpose

BUFFER = 1 << 18  # bytes collected before a write; `flush` writes them at least each second


class Ledger:
    """Appends to a file; well-formed messages only."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", buffering=BUFFER, encoding="utf-8")

    def record(self, device: Device, entry: Entry) -> None:
        """`entry` of `device` has its PUBACK."""
        if entry.purpose is Purpose.MALFORMED:
            return
        stamped = device.stamped(entry)
        for sample in entry.samples:
            line = {
                "uid": device.uid,
                "ts": sample.ts if stamped else None,
                "at": sample.at,
                "values": sample.values,
            }
            if entry.purpose is Purpose.DUPLICATE:
                line["duplicate"] = True
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()
