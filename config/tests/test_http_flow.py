"""What a live socket is sent waits for its client, on a real connection of Twisted's."""

from __future__ import annotations

import asyncio
import socket

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.protocol import Factory, Protocol

from config import http_flow

PIECE = 1 << 16  # bytes
PIECES = 1_000  # far more than two kernels keep for a connection
DEADLINE = 60.0  # seconds


async def test_a_socket_is_sent_no_more_than_its_client_takes():
    made = asyncio.get_running_loop().create_future()

    class Served(Protocol):
        def connectionMade(self) -> None:  # noqa: N802  (Twisted's name)
            # As the request's channel does, which it was before.
            self.transport.registerProducer(http_flow.Gate(is_open=True), True)
            made.set_result(self)

    reactor = AsyncioSelectorReactor(asyncio.get_running_loop())
    port = reactor.listenTCP(0, Factory.forProtocol(Served), interface="127.0.0.1")
    client = socket.create_connection(("127.0.0.1", port.getHost().port))
    client.setblocking(False)
    try:
        async with asyncio.timeout(DEADLINE):
            served = await made
            sent = 0

            async def send() -> None:
                nonlocal sent
                for _ in range(PIECES):
                    served.transport.write(b"x" * PIECE)
                    await http_flow._socket_in_step(served)
                    sent += 1

            sending = asyncio.create_task(send())
            while not served.transport.producerPaused:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            held = sent
            assert held < PIECES
            await asyncio.sleep(0)
            assert sent == held, "it waits"

            taken = 0
            while taken < PIECES * PIECE:
                taken += len(await asyncio.get_running_loop().sock_recv(client, 1 << 20))
            await sending
            assert sent == PIECES
    finally:
        client.close()
        await port.stopListening().asFuture(asyncio.get_running_loop())
        reactor.removeAll()
