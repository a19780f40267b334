"""Whether the disks of an installation are full: no process that fails for it says so plainly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

LOW_BYTES = 64 * 1024 * 1024  # free, below which Postgres may fail at its next segment of log


def nearly_full(folders: Iterable[Path]) -> list[str]:
    """A sentence for each disk that has nearly no space left."""
    found: dict[int, str] = {}
    for folder in folders:
        try:
            device, free = os.stat(folder).st_dev, shutil.disk_usage(folder).free
        except OSError:
            continue  # not there: whoever needs it says so
        if free < LOW_BYTES:
            found[device] = f"no space left for {folder} ({free // 2**20} MiB free)"
    return list(found.values())
