"""Sends one text message by Apprise, in a process of its own; `notifications.channels.sms` starts
it, gives it the task on standard input, and reads what came of it from standard output."""

from __future__ import annotations

import json
import logging
import sys
from ipaddress import ip_address, ip_network
from typing import Any

from notifications.outbound.addresses import Network, is_allowed

CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
MAX_SAID = 1_000  # characters


class Guard:
    """Sees each connection right before it is made, with the address the system resolved: whatever
    library makes it, and whatever another answer of the resolver would say."""

    def __init__(self, allowed: list[Network]) -> None:
        self.allowed = allowed
        self.refused = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CONNECTING or self._may(arguments[1]):
            return
        self.refused = True
        raise PermissionError("an inner network")

    def _may(self, where: Any) -> bool:
        try:
            return is_allowed(ip_address(where[0]), self.allowed)
        except (ValueError, TypeError, IndexError):  # a name, or a socket of this machine
            return False


def main() -> None:
    task = json.load(sys.stdin)
    import apprise  # noqa: PLC0415 (before the guard: it starts up by itself)

    guard = Guard([ip_network(each) for each in task["allowed"]])
    sys.addaudithook(guard)
    lines: list[str] = []
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Into(lines))
    asset = apprise.AppriseAsset(
        http_redirects=False, storage_mode=apprise.PersistentStoreMode.MEMORY
    )
    sender = apprise.Apprise(asset=asset)
    readable = sender.add(task["url"])
    sent = readable and sender.notify(body=task["text"])
    answer = {
        "sent": bool(sent),
        "forbidden": guard.refused,
        "unreadable": not readable,
        "said": "\n".join(lines)[:MAX_SAID],
    }
    print(json.dumps(answer))  # noqa: T201


class _Into(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if not line.startswith("Notifying "):  # how many services: always one
            self._lines.append(line)


if __name__ == "__main__":
    main()
