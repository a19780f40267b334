"""The addresses that what runs listens on."""

from __future__ import annotations

import ipaddress
import socket

from embedded.errors import EmbeddedError
from embedded.servers.ports import free_port, own_addresses

ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with, not listened on)


def is_for_this_machine_only(address: str) -> bool:
    """Whether no other machine can reach it."""
    parsed = ipaddress.ip_address(address)
    return parsed.is_loopback or parsed.is_link_local


def address_of(host: str, option: str = "--host") -> str:
    """The address the option names. Raises `EmbeddedError` when it is none of this machine's."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        # A name may have addresses of both families: more programs take the older one.
        address = str(min(found, key=lambda entry: entry[0] != socket.AF_INET)[4][0])
        free_port(address)
    except (OSError, UnicodeError) as exc:
        raise EmbeddedError(
            f"{option} {host} is no address or name of this machine: {exc}.",
            f"It has {', '.join(own_addresses())}; 0.0.0.0 is every IPv4 address, :: every one.",
        ) from exc
    return address
