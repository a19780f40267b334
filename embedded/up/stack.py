"""What runs: the servers that are not configured, and our own processes, in starting order."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from devices import dynsec
from embedded.servers import mqtt
from embedded.servers.claims import Claims
from embedded.servers.ports import LOOPBACK, in_url, own_addresses
from embedded.servers.postgres import Postgres
from embedded.servers.redis import Redis
from embedded.servers.server import Server
from embedded.up.addresses import ANY_ADDRESS, address_of, is_for_this_machine_only
from embedded.up.chosen_ports import PROBE_PORTS, choose_ports
from embedded.up.data_folder import DataFolder
from embedded.up.options import ADOPTED, BACKFILL, GUESTS, Options
from embedded.up.report import Row
from embedded.up.supervision import Program
from embedded.up.yours import VARIABLES, shown

# Of one WebSocket message. Daphne holds it against what it sends as well, and a snapshot of a whole
# fleet is large; what a browser may send is bounded by dashboard.live.protocol.
MAX_WEBSOCKET_BYTES = 8 * 1024 * 1024
PING_SECONDS = 10  # between pings to an idle browser, and until it counts as gone
SETTLE_SECONDS = 4  # a Django process that cannot work says so within this
BRIDGE_STOP_SECONDS = 30  # to commit and acknowledge what it holds
THIS_MACHINE = "this-machine"  # its names and addresses at each request: config.hosts
THINGSBOARD = "PULSEBOARD_THINGSBOARD_URL"
PROTOCOLS = {"postgres": "postgresql", "redis": "redis", "mqtt": "mqtt"}
# The whole stays under 480 MB for days: of this all is used after half an hour. The pages that are
# used often are few, and the system's own cache holds the others; a Postgres of its own for many
# devices is one DATABASE_URL away.
POSTGRES_SETTINGS = {"shared_buffers": "24MB"}
# Connections of the web process to that Postgres: a page asks for several things at once, and each
# is a process of some 6 MB for 10 s.
DATABASE_POOL = 6
# How glibc keeps memory in all that we start. Of one heap for each of its many threads a process of
# ours keeps what none of them uses, and runs one at a time. What was needed once, for a large batch
# or answer, goes back to the system: glibc itself raises this bound with each larger piece that is
# freed, up to 64 MiB, and a session of Postgres then keeps twice what it needs.
MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": str(128 * 1024)}  # bytes


class Stack:
    """Every process of one installation, planned but not started."""

    def __init__(self, options: Options, data: DataFolder, claims: Claims) -> None:
        self.options = options
        self.data = data
        self.address = address_of(options.host)
        self.mqtt_address = address_of(options.mqtt_host, "--mqtt-host")
        ports = choose_ports(options, self.address, data, claims)
        self.web_port = ports["web"]
        self._is_filled = bool(data.state().get("filled"))
        self.probe_ports = {name: ports[name] for name in PROBE_PORTS}
        self.servers: list[Server] = []
        for key, variable in VARIABLES.items():
            if os.environ.get(variable):
                continue
            folder = data.path / key
            if key == "postgres":
                self.servers.append(Postgres(folder, ports[key], settings=POSTGRES_SETTINGS))
            elif key == "redis":
                self.servers.append(Redis(folder, ports[key]))
            else:
                passwords = {} if is_open() else data.broker_passwords()
                found = mqtt.broker(
                    options.broker, folder, ports[key], passwords, self.mqtt_address
                )
                self.servers.append(found)

    @property
    def broker(self) -> mqtt.Mosquitto | None:
        """The Mosquitto that is started here."""
        return next((each for each in self.servers if isinstance(each, mqtt.Mosquitto)), None)

    @property
    def web_url(self) -> str:
        return f"http://{self.web_host}:{self.web_port}/"

    @property
    def web_host(self) -> str:
        """How a browser on this machine calls it."""
        if self.address in ANY_ADDRESS:
            return LOOPBACK if self.address != "::" else "[::1]"
        return in_url(self.options.host)

    @property
    def network_urls(self) -> list[str]:
        """How browsers on other machines reach the pages, when they may."""
        if self.address not in ANY_ADDRESS:
            return []
        found = [one for one in own_addresses() if not is_for_this_machine_only(one)]
        if self.address != "::":
            found = [one for one in found if ":" not in one]
        names = [f"{socket.gethostname()}.local", *map(in_url, found)]
        return [f"http://{name}:{self.web_port}/" for name in names]

    @property
    def devices_mqtt_url(self) -> str:
        """Where devices reach the broker that is started here."""
        assert self.broker is not None  # noqa: S101
        host = self.mqtt_address
        if host in ANY_ADDRESS:
            found = [one for one in own_addresses() if not is_for_this_machine_only(one)]
            host = next((one for one in found if (":" in one) == (host == "::")), LOOPBACK)
        return f"mqtt://{in_url(host)}:{self.broker.port}"

    def environment(self) -> dict[str, str]:
        """What our processes need to know; call it once the servers are prepared."""
        found = dict(os.environ)
        found |= {VARIABLES[server.key]: server.url for server in self.servers}
        if self.broker is not None and self.broker.passwords:
            found["PULSEBOARD_BROKER_CONTROL_URL"] = self.broker.url_of(dynsec.CONTROL)
            found["PULSEBOARD_SIM_MQTT_URL"] = self.broker.url_of(dynsec.SIMULATOR)
            # Devices are told the address alone: each has an account of its own.
            found.setdefault("PULSEBOARD_DEVICES_MQTT_URL", self.devices_mqtt_url)
        found.setdefault("PULSEBOARD_SECRET_KEY", self.data.secret_key())
        if self.options.simulator and set(GUESTS) <= set(self.options.simulator_words):
            found.setdefault("PULSEBOARD_AUTO_ADOPT", ADOPTED)
        # As whoever gets a message reaches the pages: from another machine, where that is served.
        reached = self.network_urls[0] if self.network_urls else self.web_url
        found.setdefault("PULSEBOARD_PUBLIC_URL", reached.rstrip("/"))
        found["PULSEBOARD_DATA"] = str(self.data.path)
        found.setdefault("PULSEBOARD_SPOOL", str(self.data.path / "spool"))
        found["DJANGO_SETTINGS_MODULE"] = "config.settings"
        found["PYTHONUNBUFFERED"] = "1"
        found = MALLOC | found
        if any(server.key == "postgres" for server in self.servers):
            found.setdefault("PULSEBOARD_DATABASE_POOL", str(DATABASE_POOL))
        # Whatever the locale: what goes into a log is UTF-8, and no character of it raises.
        found["PYTHONIOENCODING"] = "utf-8:backslashreplace"
        if self.address != LOOPBACK:
            found.setdefault("PULSEBOARD_ALLOWED_HOSTS", THIS_MACHINE)
        if "PULSEBOARD_ALLOWED_HOSTS" in found:  # we ask it ourselves, and so does the simulator
            found["PULSEBOARD_ALLOWED_HOSTS"] += f",{self.web_host}"
        return found

    def programs(self) -> list[Program]:
        """All of them in starting order; they end in the reverse order."""
        servers = [
            Program(
                server.key,
                server.command,
                user=server.account.name if server.account else None,
                stop_signal=server.stop_signal,
                stop_seconds=server.stop_seconds,
            )
            for server in self.servers
        ]
        return [*servers, *self._own_programs()]

    def _own_programs(self) -> list[Program]:
        manage = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]
        web = [
            *(sys.executable, "-m", "daphne", "-b", self.address, "-p", str(self.web_port)),
            *("--ping-interval", str(PING_SECONDS), "--ping-timeout", str(PING_SECONDS)),
            *("--websocket_timeout", "-1"),
            *("--websocket-max-message-size", str(MAX_WEBSOCKET_BYTES)),
            *("--websocket-max-frame-size", str(MAX_WEBSOCKET_BYTES)),
            *("--no-server-name", "--verbosity", "0", "config.asgi:application"),
        ]
        found = [
            Program("web", web, settle_seconds=SETTLE_SECONDS),
            Program(
                "engine",
                [*manage, "runengine", "--maintain", "--probe", self._probe("engine")],
                settle_seconds=SETTLE_SECONDS,
            ),
            Program(
                "bridge",
                [*manage, "runbridge", "--probe", self._probe("bridge")],
                stop_seconds=BRIDGE_STOP_SECONDS,
                settle_seconds=SETTLE_SECONDS,
            ),
        ]
        if self.options.simulator:
            # Kept over restarts of the simulator, not over those of `up`.
            command = self.simulator_command("--backfill-mark", str(self.data.history_mark))
            found.append(Program("sim", command, settle_seconds=SETTLE_SECONDS))
        return found

    def _probe(self, name: str) -> str:
        return f"{LOOPBACK}:{self.probe_ports[name]}"

    @property
    def simulator_words(self) -> tuple[str, ...]:
        """What the simulator is told. Made-up history only fills an installation that has none."""
        words = self.options.simulator_words
        length = len(BACKFILL)
        if self._is_filled and words[:length] == BACKFILL:
            return words[length:]
        return words

    def simulator_command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "firmware_sim", *self.simulator_words, *words]

    def table(self) -> list[Row]:
        """What runs where, for the operator."""
        ours = {server.key: server for server in self.servers}
        rows = []
        for key, variable in VARIABLES.items():
            if key in ours:
                server = ours[key]
                where = f"{PROTOCOLS[key]}://{server.host}:{server.port}"
                title = server.shown if isinstance(server, mqtt.Broker) else server.title
                rows.append(Row(key, title, where, self._log(key)))
            else:
                rows.append(Row(key, f"yours ({variable})", shown(variable), "-"))
        titles = {
            "web": ("Daphne", self.web_url),
            "engine": (
                "rules, messages, formulas, upkeep",
                f"http://{self._probe('engine')}/metrics",
            ),
            "bridge": ("MQTT to Postgres", f"http://{self._probe('bridge')}/metrics"),
            "sim": (f"simulated devices {' '.join(self.simulator_words)}", "-"),
        }
        for program in self._own_programs():
            rows.append(Row(program.name, *titles[program.name], self._log(program.name)))
            if program.name == "bridge" and os.environ.get(THINGSBOARD):
                where = shown(THINGSBOARD).partition("?")[0]
                rows.append(Row("", "its port for ThingsBoard's devices", where, "-"))
        return rows

    def _log(self, name: str) -> str:
        path = self.data.logs / f"{name}.log"
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)


def is_open() -> bool:
    """Whether the broker we start shall let anybody in who is on this machine."""
    return os.environ.get("PULSEBOARD_MQTT_ANONYMOUS", "").lower() in ("1", "yes", "true", "on")
