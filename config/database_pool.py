"""Keeps database connections of the web process between requests, unless it is told not to.

Django gives each request a thread of its own, and each thread a connection of its own: opened,
checked and thrown away, with all that Postgres had learnt of our tables and functions.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connections

LEAST = 2  # connections kept while nobody asks
# Seconds in which one of more than these was not needed: one goes. A page asks for several things
# at once and then for little, and each session is a process of Postgres's that keeps some 5 MiB.
IDLE = 10.0
WAIT = 5.0  # seconds that a request waits for one, then it is answered 503
# Seconds in which a pool that lost its database tries by itself; then the next request makes it.
# Longer, its pauses double until nobody is answered for a minute after the database is back.
RECONNECT = 2.0


def install() -> None:
    """Before the first connection: what was opened without a pool cannot go back into one."""
    if most := settings.DATABASE_POOL:
        connections.settings["default"]["OPTIONS"]["pool"] = {
            "min_size": min(LEAST, most),
            "max_size": most,
            "max_idle": IDLE,
            "timeout": WAIT,
            "reconnect_timeout": RECONNECT,
        }
