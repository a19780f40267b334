"""What every server we start has in common."""

from __future__ import annotations

import signal
import socket
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from embedded.servers.account import Account, own_folder, unprivileged
from embedded.servers.ports import LOOPBACK

PROBE_SECONDS = 1.0  # for one question to a server on this machine


class Server(ABC):
    """A server in the foreground of one process: how to prepare, start, ask and address it."""

    key: ClassVar[str]
    title: ClassVar[str]
    usual_port: ClassVar[int]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    stop_seconds: ClassVar[int] = 20  # before it is killed

    def __init__(self, folder: Path, port: int) -> None:
        self.account: Account | None = unprivileged()
        self.folder = folder
        self.port = port
        self.host = LOOPBACK

    def prepare(self) -> None:
        """Make the folder and all it needs; harmless when it is there already."""
        self.folder = own_folder(self.folder, self.account)

    @property
    @abstractmethod
    def command(self) -> list[str]:
        """What to run, in the foreground, once prepared."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for DATABASE_URL, REDIS_URL or MQTT_URL."""

    @abstractmethod
    def answers(self, connection: socket.socket) -> bool:
        """Ask whether it serves, over a fresh connection with a timeout."""

    @property
    def notes(self) -> str:
        """What the operator should know about it, said once at the start."""
        return ""

    def is_ready(self) -> bool:
        """Whether it serves requests now."""
        try:
            with socket.create_connection((self.host, self.port), PROBE_SECONDS) as connection:
                return self.answers(connection)
        except OSError:
            return False
