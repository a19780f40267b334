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

GOODBYE = 0.2  # seconds the close frames get to leave the process


def before_stop(farewell: Callable[[], Awaitable[None]]) -> bool:
    """Have `farewell` awaited before Daphne stops. False under any other server."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return False
    from twisted.internet.defer import Deferred  # noqa: PLC0415  Daphne has it, others need not

    async def leave() -> None:
        await farewell()
        await asyncio.sleep(GOODBYE)

    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(leave()))
    )
    return True
