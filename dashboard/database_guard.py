"""No request waits for a database that hangs: it is answered 503 in time, and says so.

Around Django, as ASGI, because what hangs inside it is a thread nobody can interrupt.
"""

from __future__ import annotations

import asyncio
from typing import Any

from dashboard.database import DatabaseWatch
from dashboard.pages.errors import database_away

LOOK_EVERY = 0.25  # seconds between two looks while a request is not answered
# Addresses that ask the database nothing, or are about whether it answers.
UNGUARDED = ("/healthz", "/readyz", "/metrics", "/static/", "/favicon.ico")


class DatabaseGuard:
    """Passes requests on while the database answers."""

    def __init__(self, application: Any, watch: DatabaseWatch) -> None:
        self._application = application
        self._watch = watch
        self._abandoned: set[asyncio.Task[None]] = set()  # referenced, so that they end in peace

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith(UNGUARDED):
            await self._application(scope, receive, send)
        elif await self._answers():
            await self._pass_on(scope, receive, send)
        else:
            await _refuse(scope, send)

    async def _answers(self) -> bool:
        await self._watch.first_answer()
        if self._watch.answers():
            return True
        # A process that was itself held up has not read the answer yet: let it.
        await asyncio.sleep(LOOK_EVERY)
        return self._watch.answers()

    async def _pass_on(self, scope: Any, receive: Any, send: Any) -> None:
        gate = _Gate(send)
        request = asyncio.create_task(self._application(scope, receive, gate.send))
        try:
            while not (await asyncio.wait({request}, timeout=LOOK_EVERY))[0]:
                if not gate.started and not self._watch.answers():
                    gate.shut = True
                    self._abandoned.add(request)
                    request.add_done_callback(self._forget)
                    await _refuse(scope, send)
                    return
        except asyncio.CancelledError:
            request.cancel()
            raise
        await request  # it may have raised

    def _forget(self, request: asyncio.Task[None]) -> None:
        self._abandoned.discard(request)
        if not request.cancelled():
            request.exception()  # it was told already what became of it


class _Gate:
    """Lets an answer through until the request has been answered by somebody else."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self.started = self.shut = False

    async def send(self, message: Any) -> None:
        if not self.shut:
            self.started = True
            await self._send(message)


async def _refuse(scope: Any, send: Any) -> None:
    answer = database_away(scope["path"], scope["method"])
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    start = {"type": "http.response.start", "status": answer.status_code, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": answer.content})
