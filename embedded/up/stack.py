"""What runs: the servers that are not configured, and our own processes, in starting order."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from embedded.errors import EmbeddedError
from embedded.servers import mqtt
from embedded.servers.ports import LOOPBACK, choose_port, is_free
from embedded.servers.postgres import Postgres
from embedded.servers.redis import Redis
from embedded.servers.server import Server
from embedded.up.data_folder import DataFolder
from embedded.up.options import DEFAULT_SIMULATOR, Options
from embedded.up.supervision import Program

WEB_PORT = 8000
# Of one WebSocket message. Daphne holds it against what it sends as well, and a snapshot of a whole
# fleet is large; what a browser may send is bounded by dashboard.live.protocol.
MAX_WEBSOCKET_BYTES = 8 * 1024 * 1024
PING_SECONDS = 10  # between pings to an idle browser, and until it counts as gone
SETTLE_SECONDS = 4  # a Django process that cannot work says so within this
BRIDGE_STOP_SECONDS = 30  # to commit and acknowledge what it holds
VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL", "mqtt": "MQTT_URL"}
USUAL_PORTS = {
    "postgres": Postgres.usual_port,
    "redis": Redis.usual_port,
    "mqtt": mqtt.Broker.usual_port,
}
ANSWER_SECONDS = 5.0  # for a server of yours to accept a connection
PROBE_PORTS = {"bridge": 9101, "maintain": 9102}  # of /metrics, /healthz and /readyz
PROTOCOLS = {"postgres": "postgresql", "redis": "redis", "mqtt": "mqtt"}
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (compared with, not listened on)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table `manage.py up` prints."""

    name: str
    what: str
    where: str
    log: str


class Stack:
    """Every process of one installation, planned but not started."""

    def __init__(self, options: Options, data: DataFolder) -> None:
        self.options = options
        self.data = data
        ports = _choose_ports(options, data)
        self.web_port = ports["web"]
        self._is_filled = bool(data.state().get("filled"))
        self.probe_ports = {name: ports[name] for name in PROBE_PORTS}
        self.servers: list[Server] = []
        for key, variable in VARIABLES.items():
            if os.environ.get(variable):
                continue
            folder = data.path / key
            if key == "postgres":
                self.servers.append(Postgres(folder, ports[key]))
            elif key == "redis":
                self.servers.append(Redis(folder, ports[key]))
            else:
                self.servers.append(mqtt.broker(options.broker, folder, ports[key]))

    @property
    def web_url(self) -> str:
        host = LOOPBACK if self.options.host in ANY_ADDRESS else self.options.host
        return f"http://{host}:{self.web_port}/"

    def environment(self) -> dict[str, str]:
        """What our processes need to know; call it once the servers are prepared."""
        found = dict(os.environ)
        found |= {VARIABLES[server.key]: server.url for server in self.servers}
        found.setdefault("PULSEBOARD_SECRET_KEY", self.data.secret_key())
        found["PULSEBOARD_DATA"] = str(self.data.path)
        found.setdefault("PULSEBOARD_SPOOL", str(self.data.path / "spool"))
        found["DJANGO_SETTINGS_MODULE"] = "config.settings"
        found["PYTHONUNBUFFERED"] = "1"
        if self.options.host != LOOPBACK:
            found.setdefault("PULSEBOARD_ALLOWED_HOSTS", ",".join(own_names(self.options.host)))
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
            *(sys.executable, "-m", "daphne", "-b", self.options.host, "-p", str(self.web_port)),
            *("--ping-interval", str(PING_SECONDS), "--ping-timeout", str(PING_SECONDS)),
            *("--websocket_timeout", "-1"),
            *("--websocket-max-message-size", str(MAX_WEBSOCKET_BYTES)),
            *("--websocket-max-frame-size", str(MAX_WEBSOCKET_BYTES)),
            *("--no-server-name", "--verbosity", "0", "config.asgi:application"),
        ]
        found = [
            Program("web", web, settle_seconds=SETTLE_SECONDS),
            Program(
                "maintain",
                [*manage, "maintain", "--probe", self._probe("maintain")],
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
        length = len(DEFAULT_SIMULATOR)
        if self._is_filled and words[:length] == DEFAULT_SIMULATOR:
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
                rows.append(Row(key, server.title, where, self._log(key)))
            else:
                rows.append(Row(key, f"yours ({variable})", without_password(variable), "-"))
        titles = {
            "web": ("Daphne", self.web_url),
            "maintain": (
                "partitions, rollups, retention",
                f"http://{self._probe('maintain')}/metrics",
            ),
            "bridge": ("MQTT to Postgres", f"http://{self._probe('bridge')}/metrics"),
            "sim": (f"simulated devices {' '.join(self.simulator_words)}", "-"),
        }
        for program in self._own_programs():
            rows.append(Row(program.name, *titles[program.name], self._log(program.name)))
        return rows

    def _log(self, name: str) -> str:
        path = self.data.logs / f"{name}.log"
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)


def check_yours() -> None:
    """Refuse to start while a server named by a variable does not answer."""
    for key, variable in VARIABLES.items():
        parts = urlsplit(os.environ.get(variable, ""))
        if not parts.hostname:
            continue  # not set, or a Unix socket: its first use tells
        try:
            address = (parts.hostname, parts.port or USUAL_PORTS[key])
            socket.create_connection(address, ANSWER_SECONDS).close()
        except (OSError, ValueError) as exc:
            raise EmbeddedError(
                f"{variable} names {without_password(variable)}, which does not answer: {exc}",
                f"Start that server, correct {variable}, or unset it to have one started here.",
            ) from exc


def _choose_ports(options: Options, data: DataFolder) -> dict[str, int]:
    """A port for each, the same as last time where it is still free."""
    chosen: dict[str, int] = {}
    for key, port in {**USUAL_PORTS, "web": WEB_PORT, **PROBE_PORTS}.items():
        taken = frozenset(chosen.values())
        if key == "web" and options.port:
            if not is_free(options.port, options.host):
                raise EmbeddedError(
                    f"Port {options.port} of {options.host} is taken or not allowed.",
                    "Choose another with --port, or leave it out.",
                )
            chosen[key] = options.port
        elif key not in VARIABLES or not os.environ.get(VARIABLES[key]):
            host = options.host if key == "web" else LOOPBACK
            chosen[key] = choose_port(data.remembered_port(key), port, host=host, taken=taken)
    data.remember_ports(chosen)
    return chosen


def own_names(host: str) -> list[str]:
    """The names a browser may call this machine by when it listens on more than loopback."""
    names = ["localhost", LOOPBACK, "[::1]", socket.gethostname(), socket.getfqdn()]
    if host not in ANY_ADDRESS:
        names.append(host)
    try:
        names += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)]
        # No packet is sent: connecting a datagram socket only picks the outgoing address.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            names.append(probe.getsockname()[0])
    except OSError:
        pass  # no network: the names above are all there are
    return list(dict.fromkeys(names))


def without_password(variable: str) -> str:
    parts = urlsplit(os.environ[variable])
    if parts.password is None:
        return parts.geturl()
    location = f"{parts.username or ''}:***@{parts.hostname}"
    if parts.port:
        location += f":{parts.port}"
    return parts._replace(netloc=location).geturl()
