"""The stack that `manage.py up` runs: its processes, as supervisord knows and restarts them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from embedded.errors import EmbeddedError
from embedded.prove.process import Part
from embedded.prove.proxy import Proxy
from embedded.prove.publisher import Address
from embedded.prove.slots import Slots
from embedded.servers.child import POLL_SECONDS, READY_SECONDS, freeze_all, thaw_all
from embedded.up.control import call
from embedded.up.data_folder import DataFolder, adopt, default_path

MQTT_PORT = 1883
SERVERS = ("postgres", "redis", "mqtt", "bridge")


class Supervised(Part):
    """A process under the supervisor of `manage.py up`, which restarts it when it dies."""

    def __init__(self, name: str, data: DataFolder) -> None:
        self.name = name
        self._data = data
        self._killed = 0  # the process that shall not be the answer to `start`

    @property
    def pid(self) -> int:
        return int(self._info()["pid"])

    def kill(self) -> None:
        self._killed = self.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._killed, signal.SIGKILL)

    def stop(self) -> None:
        call(self._data, "stopProcess", self.name, True)

    def start(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        if self._info()["statename"] == "STOPPED":
            call(self._data, "startProcess", self.name, False)
        while True:
            info = self._info()
            if info["statename"] == "RUNNING" and info["pid"] != self._killed:
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} was not restarted: {info['statename']}.")
            time.sleep(POLL_SECONDS)

    def freeze(self) -> None:
        freeze_all(self.pid)

    def thaw(self) -> None:
        thaw_all(self.pid)

    def _info(self) -> dict[str, Any]:
        found: dict[str, Any] = call(self._data, "getProcessInfo", self.name)
        return found


class RunningStack:
    """Faults for what runs already. What it does not run (a database of yours) is left alone."""

    what = "running"
    proxy: Proxy | None = None  # the bridge's connection is its own
    folder: Path | None = None
    slots: Slots | None = None
    web_ports: list[int] = []

    def __init__(self) -> None:
        data = DataFolder(default_path())
        if not data.state().get("pid"):
            raise EmbeddedError(
                f"Nothing runs from {data.path}.",
                "Start `manage.py up` first (PULSEBOARD_DATA names another folder), or leave out"
                " --running for a stack of the proof's own.",
            )
        self.data = data
        names = {info["name"] for info in call(data, "getAllProcessInfo")}
        self.parts: dict[str, Part] = {
            name: Supervised(name, data) for name in SERVERS if name in names
        }

    def start(self) -> None:
        """Join it: the addresses and the key come from its data folder."""
        adopt()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django  # noqa: PLC0415 (the settings are read on import)

        django.setup()
        url = urlsplit(os.environ.get("MQTT_URL", ""))
        if url.scheme not in {"mqtt", ""}:
            raise EmbeddedError("The proof speaks MQTT without TLS only.", "Use an own stack.")
        self.address = Address(
            url.hostname or "127.0.0.1", url.port or MQTT_PORT, url.username, url.password
        )

    def start_bridge(self) -> None:
        """It runs."""

    def start_webs(self) -> None:
        """Those that run are not ours to post to."""

    def snapshot_age_source(self) -> Path | None:
        path = self.data.path / "mqtt" / "mosquitto.db"
        return path if path.exists() else None

    def close(self) -> None:
        """Leave it running, with nothing frozen or stopped."""
        for part in self.parts.values():
            with contextlib.suppress(EmbeddedError):
                part.thaw()
                part.start()
