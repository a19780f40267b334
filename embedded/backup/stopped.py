"""What `up` runs beside the database, ended for a moment: all of it remembers what is stored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from embedded.errors import EmbeddedError
from embedded.up.data_folder import DataFolder, default_path

PROGRAMS = ("web", "engine", "bridge", "sim")  # in starting order
RUNNING = {"RUNNING", "STARTING", "BACKOFF"}


class Programs:
    """Those of the `up` whose database is ours; none where no `up` runs, or with another one."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._ended: list[str] = []
        self._data: DataFolder | None = None
        try:
            words = json.loads((default_path() / "environment.json").read_text())
        except (OSError, ValueError):
            return
        if words.get("DATABASE_URL") == os.environ.get("DATABASE_URL"):
            self._data = DataFolder(default_path())

    def end(self) -> None:
        """End them in order. Devices go on sending to the broker, which keeps it."""
        if self._data is None:
            return
        states = {one["name"]: one["statename"] for one in self._call("getAllProcessInfo")}
        for name in reversed(PROGRAMS):
            if states.get(name) in RUNNING:
                self._tell(f"ending {name}")
                self._ended.append(name)
                self._call("stopProcess", name, True)

    def start(self) -> None:
        """Start again what was ended; one that does not start is `up`'s to retry and to say."""
        for name in reversed(self._ended):
            self._tell(f"starting {name}")
            try:
                self._call("startProcess", name, False)
            except EmbeddedError as exc:
                self._tell(str(exc))
        self._ended.clear()

    def _call(self, method: str, *arguments: Any) -> Any:
        from embedded.up.control import call  # noqa: PLC0415 (the image has no supervisord)

        assert self._data is not None  # noqa: S101 (asked by `end`, and nothing is ended without)
        return call(self._data, method, *arguments)
