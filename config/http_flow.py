"""How an answer leaves Daphne: no faster than its client reads it, and whole or visibly broken.

Daphne takes whatever an application sends and keeps in memory what the client has not read yet: an
export would be there as a whole, and all the history that a live socket asks for. And where an
application fails in the midst of an answer, Daphne tries to answer 500, trips over that, and never
looks at its applications again.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

logger = logging.getLogger(__name__)

STALLED = 60.0  # seconds a client may take nothing before its connection is cut


class Gate:
    """Shut while the connection has more to send than it takes; Twisted says so to a producer."""

    def __init__(self, *, is_open: bool) -> None:
        self._open = asyncio.Event()
        if is_open:
            self._open.set()

    def pauseProducing(self) -> None:  # noqa: N802  (Twisted's names)
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    stopProducing = resumeProducing  # noqa: N815  nobody is there any more: what is sent is dropped

    async def passed(self) -> bool:
        """Whether it opened in time."""
        if self._open.is_set():  # as a rule; a timer for each piece costs more than to send it
            return True
        try:
            await asyncio.wait_for(self._open.wait(), STALLED)
        except TimeoutError:
            return False
        return True


def install() -> None:
    """Have Daphne do so, if Daphne is the server of this process."""
    protocol: Any = sys.modules.get("daphne.http_protocol")
    server: Any = sys.modules.get("daphne.server")
    if protocol is None or server is None:
        return
    handle_reply, handle_exception = (
        server.Server.handle_reply,
        protocol.WebRequest.handle_exception,
    )

    async def handle_reply_in_step(self: Any, to: Any, message: Any) -> None:
        is_body = message.get("type") == "http.response.body"
        if is_body and not message.get("more_body") and to.__dict__.get("gate"):
            to.unregisterProducer()
        await handle_reply(self, to, message)
        if is_body and message.get("more_body"):
            await _in_step(to)
        elif message.get("type") == "websocket.send":
            await _socket_in_step(to)

    def break_off(self: Any, exception: Exception) -> None:
        if self._response_started:
            _cut(self)
        else:
            handle_exception(self, exception)

    server.Server.handle_reply = handle_reply_in_step
    protocol.WebRequest.handle_exception = break_off


async def _in_step(request: Any) -> None:
    """Come back once the client has taken enough of what was sent."""
    if request.finished or request.channel is None:
        return
    gate = request.__dict__.get("gate")
    if gate is None:
        # `_waitingForTransport`: what the channel was told before there was a gate.
        gate = request.gate = Gate(is_open=not request.channel._waitingForTransport)
        request.registerProducer(gate, True)
    if not await gate.passed():
        logger.warning(
            "a client took nothing for %g s of %s",
            STALLED,
            request.path.decode("ascii", "replace"),
            extra={"action": "client_stalled"},
        )
        _cut(request)


async def _socket_in_step(socket: Any) -> None:
    gate = socket.__dict__.get("gate")
    if gate is None:
        # The request it was before would stop reading meanwhile, and so hear of no acknowledgement.
        socket.transport.unregisterProducer()
        gate = socket.gate = Gate(is_open=True)
        socket.transport.registerProducer(gate, True)
    if not await gate.passed():
        logger.warning(
            "a client took nothing for %g s of its socket",
            STALLED,
            extra={"action": "client_stalled"},
        )
        socket.transport.abortConnection()


def _cut(request: Any) -> None:
    if request.channel is not None and not request.finished:
        request.channel.transport.abortConnection()
