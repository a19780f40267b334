"""The names browsers may use for this server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

from embedded.servers.ports import in_url, own_addresses

THIS_MACHINE = "this-machine"
LOOKED_UP_SECONDS = 10.0  # the addresses of a machine change while it runs: DHCP, a cable, a VPN
# What routers and mDNS put behind a machine's own name. Not any domain: a page of somebody else's
# could have its name point here (DNS rebinding).
HOME_DOMAINS = ("local", "lan", "home.arpa", "internal")


class Hosts(list[str]):
    """ALLOWED_HOSTS in which the word `this-machine` stands for its names and addresses as they are
    now. Django and Channels go through the list at each request.
    """

    def __init__(self, words: list[str]) -> None:
        super().__init__(words)
        self._looked = float("-inf")  # monotonic seconds
        self._own: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for word in super().__iter__():
            if word == THIS_MACHINE:
                yield from self._names()
            else:
                yield word

    def _names(self) -> list[str]:
        if time.monotonic() - self._looked > LOOKED_UP_SECONDS:
            self._own = _own_names()
            self._looked = time.monotonic()
        return self._own


def _own_names() -> list[str]:
    name = socket.gethostname().lower()
    short = name.split(".")[0]
    names = ["localhost", name, *(f"{short}.{domain}" for domain in HOME_DOMAINS)]
    # Without the interface's name, which a link-local IPv6 address has behind a percent sign.
    return names + [in_url(address.split("%")[0]) for address in own_addresses()]
