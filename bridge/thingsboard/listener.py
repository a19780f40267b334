"""Where such devices connect: a thread of a bridge with an event loop of its own.

Beside the broker, for a subscriber is not told whose token a message came with. What it takes goes
the way of telemetry over HTTP (`bridge.http.committer`), which knows a device by its token.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl

from bridge.http import process
from bridge.http.queue import Outcome
from bridge.mqtt.broker import Broker
from bridge.thingsboard.connection import Connection
from bridge.thingsboard.open_connections import OpenConnections
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

TURN = 0.2  # seconds between two looks whether to stop
MAX_CONNECTIONS = 2_000  # of one bridge
MAX_UNKNOWN = 200  # besides, whose device is not known yet
MAX_UNKNOWN_OF_ONE = 50  # of these of one address: it must not keep others out
STOP_WITHIN = 10.0  # seconds for what is being committed


class Listener(WorkingThread):
    """One of a bridge process, where it is wanted."""

    def __init__(self, where: Broker) -> None:
        """`where`: the address that is listened on; with TLS the files of its certificate."""
        super().__init__("thingsboard")
        self._where = where
        self.every = OpenConnections()
        self._connections: dict[asyncio.Task[None], tuple[str, Connection]] = {}
        self.port = 0  # that is listened on; 0: none

    def work(self) -> None:
        asyncio.run(self._work())

    def stop(self) -> None:
        """Let nobody in any more, and end what is open; what is not acknowledged comes again."""
        self.stopping.set()
        self.join(STOP_WITHIN)

    def trouble_of_port(self) -> str:
        """Why no device can connect; "" when they can."""
        return "" if self.port else f"port {self._where.port} is not listened on"

    async def _work(self) -> None:
        server = await asyncio.start_server(
            self._accept,
            self._where.host,
            self._where.port,
            ssl=self._context(),
            reuse_port=True,  # several bridges of one machine share it
        )
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            logger.info(
                "ThingsBoard's devices connect at %s:%d", self._where.host, self.port,
                extra={"action": "thingsboard_listens"},
            )  # fmt: skip
            try:
                while not self.stopping.is_set():
                    self.turn()
                    await asyncio.sleep(TURN)
            finally:
                self.port = 0
                server.close()
                for task in self._connections:
                    task.cancel()
                if self._connections:
                    await asyncio.wait(self._connections, timeout=STOP_WITHIN / 2)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, every = asyncio.current_task(), self.every
        assert task is not None  # noqa: S101
        address = str((writer.get_extra_info("peername") or ("",))[0])
        one = Connection(reader, writer, _take, every)
        try:
            if self._is_full(address):
                every.refused += 1
                return
            self._connections[task] = address, one
            # What vanishes without a word and wants no keep-alive is found out all the same.
            plain = writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await one.serve()
        except Exception as exc:  # noqa: BLE001  (a mistake of ours ends one connection)
            self.note_failure(exc)
        finally:
            self._connections.pop(task, None)
            writer.close()

    def _is_full(self, address: str) -> bool:
        """Whether one more is too many, of this address or of all."""
        unknown = [each for each, one in self._connections.values() if not one.is_known]
        return (
            len(self._connections) - len(unknown) >= MAX_CONNECTIONS
            or len(unknown) >= MAX_UNKNOWN
            or unknown.count(address) >= MAX_UNKNOWN_OF_ONE
        )

    def _context(self) -> ssl.SSLContext | None:
        if not self._where.tls:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._where.files["cert"], self._where.files["key"])
        return context


async def _take(token: str, payload: bytes, topic: str) -> Outcome:
    return await asyncio.wrap_future(process.running().take(token, payload, topic))


def counters(listener: Listener | None) -> dict[str, int]:
    """A bridge's, by the names of docs/live-protocol.md."""
    every = listener.every if listener is not None else OpenConnections()
    return {
        "thingsboard_connections": sum(every.of_token.values()),
        "thingsboard_refused": every.refused,
        "thingsboard_cut": every.cut,
    }
