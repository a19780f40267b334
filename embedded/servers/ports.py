"""Addresses to listen on: is a port free, which one to take, and how it is written in a URL."""

from __future__ import annotations

import ipaddress
import socket

import psutil

from embedded.servers.claims import Claims

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with _unbound(host) as probe:
        # As the servers do: a connection in TIME_WAIT does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = LOOPBACK) -> int:
    """A port nobody listens on, chosen by the operating system.

    Raises `OSError` when `host` is no address of this machine.
    """
    with _unbound(host) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def choose_port(
    *wanted: int | None, host: str = LOOPBACK, taken: frozenset[int], claims: Claims
) -> int:
    """The first of `wanted` that is free, not in `taken` and no other start's, otherwise any."""

    def is_ours(port: int) -> bool:
        return port not in taken and is_free(port, host) and claims.take(port, host)

    for candidate in wanted:
        if candidate and is_ours(candidate):
            return candidate
    while not is_ours(port := free_port(host)):
        continue
    return port


def in_url(host: str) -> str:
    """As a URL writes it: an IPv6 address in brackets."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{host}]" if address.version == 6 else host


def own_addresses() -> list[str]:
    """Every address of this machine now, as it is: a new lease of DHCP changes it."""
    return [
        address.address
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family in (socket.AF_INET, socket.AF_INET6)
    ]


def _unbound(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
