"""A stack of the proof's own: private servers in a temporary folder, and the bridge beside them."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import tempfile
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.prove.process import Part
from embedded.prove.proxy import Proxy
from embedded.prove.publisher import Address
from embedded.prove.slots import Slots
from embedded.prove.web import Web
from embedded.servers.child import Child
from embedded.servers.mqtt import Mosquitto
from embedded.servers.ports import LOOPBACK, free_port
from embedded.servers.postgres import Postgres
from embedded.servers.redis import Redis
from embedded.up.data_folder import SHARED

SPOOL_MIB = 1  # so that "the spool is full" takes seconds of load, not hours
SPOOL_FULL = "spool full"  # how the bridge says it, in its log


class OwnStack:
    """Everything from nothing; `close` leaves nothing, or the folder when it is to be kept."""

    what = "own"

    def __init__(
        self, chance: random.Random, *, keep: bool, bridges: int = 1, webs: int = 0
    ) -> None:
        self.keep = keep
        self.folder = Path(tempfile.mkdtemp(prefix="pulseboard-prove-"))
        self.folder.chmod(0o755)  # the account the servers run as must get in
        self.parts: dict[str, Part] = {}
        self._servers = [
            Postgres(self.folder / "postgres", free_port()),
            Redis(self.folder / "redis", free_port()),
            Mosquitto(self.folder / "mqtt", free_port()),
        ]
        self._broker = self._servers[2]
        self.address = Address(LOOPBACK, self._broker.port)
        self.proxy: Proxy | None = Proxy((LOOPBACK, self._broker.port), chance)
        self.bridge_log = self.folder / "bridge.log"
        self.clock = self.folder / "clock"  # microseconds the bridges' clocks are wrong by
        self.slots: Slots | None = None  # of several bridges
        self.web_ports: list[int] = []
        self._bridges, self._webs = bridges, webs

    def start(self) -> None:
        """The servers, and the tables in them; not yet the bridge."""
        for server in self._servers:
            server.prepare()
            child = Child.of(server, self.folder / f"{server.key}.log")
            self.parts[server.key] = child
            child.start()
        os.environ.update(self._environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        # Only now that the environment names the servers: the settings are read on import.
        from embedded.up import database  # noqa: PLC0415

        database.migrate()
        environment = {**os.environ, "PULSEBOARD_PROVE_CLOCK": str(self.clock)}
        slots = Slots(self.parts, self._bridges, self.bridge_log, environment)
        self.slots = slots if self._bridges > 1 else None
        for number in range(self._webs):
            web = Web(f"web-{number}", self.folder / f"web-{number}.log", environment)
            self.parts[web.name] = web
            self.web_ports.append(web.port)

    def _environment(self) -> dict[str, str]:
        assert self.proxy is not None  # noqa: S101 (only `RunningStack` has none)
        postgres, redis, _ = self._servers
        found = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "MQTT_URL": f"mqtt://{LOOPBACK}:{self.proxy.port}",
            "PULSEBOARD_BROKER_CONTROL_URL": "",  # the broker is open
            "PULSEBOARD_SPOOL": str(self.folder / "spool"),
            "PULSEBOARD_SPOOL_MIB": str(SPOOL_MIB),
            "PULSEBOARD_DATA": str(self.folder),
            "PULSEBOARD_SECRET_KEY": secrets.token_urlsafe(50),
            "PYTHONUNBUFFERED": "1",
        }
        missing = set(SHARED) - found.keys()
        if missing:  # a variable that joins processes to the user's own stack must not leak in
            raise EmbeddedError(f"The private stack does not set {sorted(missing)}.")
        return found

    def start_bridge(self) -> None:
        self._start_all("bridge")

    def start_webs(self) -> None:
        self._start_all("web")

    def _start_all(self, kind: str) -> None:
        for name, part in self.parts.items():
            if name.split("-")[0] == kind:
                part.start()

    def snapshot_age_source(self) -> Path | None:
        """The file the broker keeps its sessions and queues in."""
        return self._broker.folder / "mosquitto.db"

    def spool_full_count(self) -> int:
        """How often the bridge has said that its spool is full."""
        return self.bridge_log.read_text(errors="replace").count(SPOOL_FULL)

    def close(self) -> None:
        for part in reversed(self.parts.values()):
            part.thaw()
            part.stop()
        if self.proxy:
            self.proxy.close()
        if not self.keep:
            for server in self._servers:
                # As root under /root the folder is a link to where the account can reach it.
                shutil.rmtree(server.folder, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)
