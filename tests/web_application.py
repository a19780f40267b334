"""Our application as tests run it: it waits longer for a session with the database, on a busy
machine, and tells at one address more how many of those that it keeps nobody uses."""

from typing import Any

from config import database_pool

database_pool.WAIT = 120.0  # seconds

from django.db import connection  # noqa: E402

from config.asgi import application as ours  # noqa: E402  (makes the pool)

UNUSED = "/unused-sessions-of-the-tests"  # as in tests/web_process.py, which this process has not


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http" or scope["path"] != UNUSED:
        await ours(scope, receive, send)
        return
    pool = connection.pool  # type: ignore[attr-defined]
    # The session of `dashboard.database` is none of them: it is never given back.
    unused = pool.get_stats().get("pool_available", 0) if pool else 0
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(unused).encode()})
