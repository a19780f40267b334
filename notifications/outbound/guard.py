"""The one way out: resolves a name, checks each address, and connects to the one it checked.

A name is resolved once. Whoever checked it and let a library resolve it again would connect to
whatever the second answer says.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

from notifications.errors import NotificationsError
from notifications.outbound.addresses import Network, is_allowed

CONNECT_SECONDS = 5.0  # for one address


class Forbidden(NotificationsError):
    """The name leads to no address that may be connected to."""


def connect(host: str, port: int, allowed: Sequence[Network], until: float) -> socket.socket:
    """Connected to an allowed address of the host; `until` is in monotonic seconds.

    Raises `Forbidden` when it has none, and `OSError` when none answers or the name is not found.
    The resolver of the system bounds how long it asks; nothing here can cut it short.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as exc:  # a label that is empty or too long
        raise OSError(f"{host} is no host name") from exc
    checked = [
        (family, kind, protocol, where)
        for family, kind, protocol, _, where in found
        if is_allowed(ip_address(where[0]), allowed)
    ]
    if not checked:
        # Not to which: what a name means in the inner network is nobody's business either.
        raise Forbidden(
            f"{host} leads into an inner network; PULSEBOARD_NOTIFY_ALLOW does not name it."
        )
    problem: OSError = TimeoutError("timed out")
    for family, kind, protocol, where in checked:
        left = until - time.monotonic()
        if left <= 0:
            break
        opened = socket.socket(family, kind, protocol)
        opened.settimeout(min(CONNECT_SECONDS, left))
        try:
            opened.connect(where)
        except OSError as exc:
            opened.close()
            problem = exc
        else:
            opened.settimeout(max(until - time.monotonic(), 0.001))
            return opened
    raise problem


def cut_at(opened: socket.socket, until: float) -> threading.Timer:
    """Cut the connection at `until`, inside TLS as well and whatever reads from it, unless the
    timer is cancelled before.

    A time-out of the socket is for one call alone: who sends a byte each second never meets it. One
    that sends meets its own.
    """
    twin = opened.dup()  # TLS takes the descriptor over; the connection stays the same
    timer = _Cut(max(until - time.monotonic(), 0), twin)
    timer.start()
    return timer


class _Cut(threading.Timer):
    def __init__(self, seconds: float, twin: socket.socket) -> None:
        super().__init__(seconds, self._cut)
        self.daemon = True
        self._twin = twin

    def cancel(self) -> None:
        super().cancel()
        self._twin.close()

    def _cut(self) -> None:
        with suppress(OSError):  # it was closed a moment ago
            # For reading alone: Linux answers bytes that come after both with a reset, and what the
            # other side had said until then would be lost.
            self._twin.shutdown(socket.SHUT_RD)
