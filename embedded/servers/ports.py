"""Loopback ports: is one free, and which one to take."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a connection in TIME_WAIT does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = LOOPBACK) -> int:
    """A port nobody listens on, chosen by the operating system."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def choose_port(*wanted: int | None, host: str = LOOPBACK, taken: frozenset[int]) -> int:
    """The first of `wanted` that is free and not in `taken`, else any free one."""
    for candidate in wanted:
        if candidate and candidate not in taken and is_free(candidate, host):
            return candidate
    while (port := free_port(host)) in taken:
        continue
    return port
