"""pgbouncer in transaction mode: each transaction may meet another session of the database."""

from __future__ import annotations

import shutil
import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

from embedded.servers.server import Server

SSL_REQUEST = struct.pack("!II", 8, 80877103)  # Postgres, Frontend/Backend Protocol 55.7
PLACES = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"  # not all are on every PATH
SESSIONS = 2  # of the database, for all clients: so that they share


class Pgbouncer(Server):
    """In front of the database of a URL."""

    key = "pgbouncer"
    title = "pgbouncer"
    usual_port = 6432

    def __init__(self, folder: Path, port: int, database: str) -> None:
        super().__init__(folder, port)
        self._database = urlsplit(database)

    def prepare(self) -> None:
        super().prepare()
        behind = self._database
        (self.folder / "users").write_text(f'"{behind.username}" "{behind.password or ""}"\n')
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={behind.hostname} port={behind.port}\n"
            f"[pgbouncer]\nlisten_addr = {self.host}\nlisten_port = {self.port}\n"
            f"unix_socket_dir =\nauth_type = trust\nauth_file = {self.folder / 'users'}\n"
            f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
        )
        for path in self.folder.iterdir():
            if self.account:
                shutil.chown(path, self.account.uid, self.account.gid)

    @property
    def command(self) -> list[str]:
        program = shutil.which("pgbouncer", path=PLACES)
        assert program, "tests/install-tools installs pgbouncer"
        return [program, str(self.folder / "pgbouncer.ini")]

    @property
    def url(self) -> str:
        behind = self._database
        login = f"{behind.username}:{behind.password or ''}"
        return f"postgresql://{login}@{self.host}:{self.port}{behind.path}"

    def answers(self, connection: socket.socket) -> bool:
        connection.sendall(SSL_REQUEST)
        return connection.recv(1) in (b"N", b"S")
