"""The MQTT broker: Mosquitto where it is installed, else rumqttd from the iotcore wheel."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from devices import dynsec
from embedded.errors import EmbeddedError
from embedded.servers.account import Account
from embedded.servers.ports import LOOPBACK
from embedded.servers.server import Server

# Bytes. As much as the bridge takes (bridge.mqtt.packet.MAX_PACKET), so that a device that sends
# too much is told so on its errors topic; a still larger packet costs its sender the connection.
MAX_PACKET = 16 * 1024 * 1024
MAX_QUEUED_MESSAGES = 1_000_000  # per client that is away; the default of 1000 drops silently
MAX_QUEUED_BYTES = 1_073_741_824  # per client that is away
# No memory_limit: of a Mosquitto 2.0 with accounts (the dynamic-security plugin) it was tried, and
# ten seconds after a start everybody was hung up on, at 4 MB of 2 GiB.
AUTOSAVE_SECONDS = 30  # between snapshots; the default of 1800 loses half an hour to a kill -9
FRONT = Path(__file__).resolve().parent / "mqtt_front.py"
# A CONNECT of protocol level 5, clean start, empty client id, keep-alive 10 s, no properties.
CONNECT = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x00"

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  (listened on only where it has accounts)
NOT_AUTHORISED = 0x87
PLUGIN = "mosquitto_dynamic_security.so"
PLUGIN_FOLDERS = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
UNGUARDED = (
    "--mqtt-host opens the broker to other machines, and it has no accounts.",
    "Use Mosquitto with its dynamic-security plugin, without PULSEBOARD_MQTT_ANONYMOUS.",
)
OPEN = (
    "The MQTT broker asks nobody who they are: whoever is on this machine may publish as any"
    " device. It listens on this machine only."
)


class Broker(Server):
    """What both brokers share: the port, the address and the way to ask."""

    key = "mqtt"
    usual_port = 1883
    passwords: Mapping[str, str] = {}  # of our processes' accounts; none: it asks nobody

    @property
    def shown(self) -> str:
        """In the table of what runs."""
        return self.title if self.passwords else f"{self.title}, open to this machine"

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    def answers(self, connection: socket.socket) -> bool:
        """A CONNACK, be it one that refuses who has no account. An empty client id makes the broker
        name us: no take-over."""
        connection.sendall(CONNECT)
        answer = connection.recv(5)
        connection.sendall(b"\xe0\x00")  # DISCONNECT
        return len(answer) >= 4 and answer[0] == 0x20 and answer[3] in (0, NOT_AUTHORISED)

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_bytes(os.fsencode(text))  # a folder's name is bytes, whatever the locale
        path.chmod(0o644)
        return path


class Mosquitto(Broker):
    """Mosquitto 2.0 or 2.1 with a generated configuration; sessions and queues survive it.

    With `passwords` of our processes' accounts, it lets nobody in without an account.
    """

    title = "Mosquitto"

    def __init__(
        self,
        folder: Path,
        port: int,
        passwords: Mapping[str, str] | None = None,
        address: str = LOOPBACK,
    ) -> None:
        """`address`: the one that devices on other machines reach it at; our own processes use
        this machine's. Raises `EmbeddedError` where anybody could come in there."""
        super().__init__(folder, port)
        self.address = address
        self.plugin = find_plugin() if passwords else None
        self.passwords = passwords if self.plugin and passwords else {}
        program = find_mosquitto()
        if program is None:
            raise EmbeddedError(
                "mosquitto is not installed.",
                "Install it (apt-get install mosquitto), or use --broker iotcore.",
            )
        self.program = program
        if address != LOOPBACK and not self.passwords:
            raise EmbeddedError(*UNGUARDED)

    @property
    def command(self) -> list[str]:
        return [str(self.program), "-c", str(self.folder / "mosquitto.conf")]

    @property
    def url(self) -> str:
        return self.url_of(dynsec.BRIDGE)

    def url_of(self, account: str) -> str:
        """With the account, where there are accounts."""
        password = self.passwords.get(account)
        who = f"{account}:{password}@" if password else ""
        return f"mqtt://{who}{self.host}:{self.port}"

    @property
    def _listens_on(self) -> list[str]:
        """This machine's own address is among every one, and cannot be taken twice."""
        if self.address == EVERY_ADDRESS:
            return [self.address]
        return list(dict.fromkeys([self.host, self.address]))

    @property
    def accounts_file(self) -> Path:
        return self.folder / "accounts.json"

    @property
    def notes(self) -> str:
        return "" if self.passwords else OPEN

    def prepare(self) -> None:
        super().prepare()
        if self.passwords:
            self._write_accounts()
        lines = [
            *(f"listener {self.port} {each}" for each in self._listens_on),
            f"allow_anonymous {'false' if self.passwords else 'true'}",
            *([f"plugin {self.plugin}"] if self.passwords else []),
            *([f"plugin_opt_config_file {self.accounts_file}"] if self.passwords else []),
            "persistence true",
            # The path is a prefix: without the last slash the file lands beside the folder.
            f"persistence_location {self.folder}/",
            f"autosave_interval {AUTOSAVE_SECONDS}",
            f"max_queued_messages {MAX_QUEUED_MESSAGES}",
            f"max_queued_bytes {MAX_QUEUED_BYTES}",
            f"max_packet_size {MAX_PACKET}",
            "persistent_client_expiration 7d",
            "set_tcp_nodelay true",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "connection_messages false",
        ]
        if self.account:
            lines.append(f"user {self.account.name}")
        self._write("mosquitto.conf", "\n".join(lines) + "\n")

    def _write_accounts(self) -> None:
        """Those of our processes anew; those of devices stay as the broker wrote them."""
        try:
            before = json.loads(self.accounts_file.read_text())
        except (OSError, ValueError):
            before = {}  # the registry gives them back (embedded.up.database)
        accounts = dynsec.process_accounts(self.passwords)
        text = json.dumps(dynsec.document(before, accounts, dynsec.process_roles()))
        write_for(self.accounts_file, text, self.account)


class Iotcore(Broker):
    """rumqttd in a wheel, behind a front that takes MQTT 3.1.1 and 5 on one port.

    It keeps sessions and queues in memory only.
    """

    title = "iotcore (rumqttd)"

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.account = None  # a Python of root's may be out of reach of any other account

    @property
    def notes(self) -> str:
        return (
            f"{OPEN} It is iotcore, which keeps messages in memory: those it has not delivered"
            " are lost when it stops. Install mosquitto for one that keeps them on disk."
        )

    @property
    def command(self) -> list[str]:
        words = (self.host, str(self.port), str(self.folder), str(MAX_PACKET))
        return [sys.executable, "-P", str(FRONT), *words]


def find_mosquitto() -> Path | None:
    """The program on PATH or where Debian puts it, which is not on an ordinary user's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("mosquitto", path=path)
    return Path(found) if found else None


def find_plugin() -> Path | None:
    """The dynamic-security plugin, which some packages of Mosquitto leave out."""
    patterns = (PLUGIN, f"*/{PLUGIN}")  # Debian has a folder for each architecture
    found = (path for each in PLUGIN_FOLDERS for one in patterns for path in Path(each).glob(one))
    return next(found, None)


def write_for(path: Path, text: str, account: Account | None) -> None:
    """Whole or not at all, for the account alone to read."""
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if account:
        os.chown(fresh, account.uid, account.gid)
    fresh.replace(path)


def broker(
    choice: str,
    folder: Path,
    port: int,
    passwords: Mapping[str, str] | None = None,
    address: str = LOOPBACK,
) -> Broker:
    """The broker for `--broker auto|mosquitto|iotcore`; without passwords it is open. Raises
    `EmbeddedError` when an open one would be reached from other machines."""
    if choice == "mosquitto" or (choice == "auto" and find_mosquitto()):
        return Mosquitto(folder, port, passwords, address)
    if address != LOOPBACK:
        raise EmbeddedError(*UNGUARDED)
    return Iotcore(folder, port)
