"""Tells every viewer to come back when the web process stops.

Daphne means to end its applications at a stop, but `kill_all_applications` fails with a KeyError as
soon as one WebSocket is open (4.2.3: the HTTP request that was upgraded has no application), and
browsers see a broken connection. So Twisted, which runs Daphne, is asked itself. Other servers send
1012 by themselves.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

GOODBYE = 0.2  # seconds the close frames get to leave the process


def before_stop(farewell: Callable[[], Awaitable[None]]) -> bool:
    """Have `farewell` called, and what it returns awaited, before Daphne stops. False under any
    other server."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return False
    from twisted.internet.defer import Deferred  # noqa: PLC0415  Daphne has it, others need not

    async def leave(last_words: Awaitable[None]) -> None:
        await last_words
        await asyncio.sleep(GOODBYE)

    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(leave(farewell())))
    )
    return True


def refuse_connections() -> None:
    """Whoever comes now is refused at once, so that a proxy asks another process."""
    from twisted.internet import reactor, tcp  # noqa: PLC0415  Daphne has it, others need not

    twisted_reactor: Any = reactor
    for reader in twisted_reactor.getReaders():
        if isinstance(reader, tcp.Port):
            reader.stopListening()
