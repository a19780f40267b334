"""Telling the supervisord of a data folder what to do, from `up` or from any other process."""

from __future__ import annotations

import xmlrpc.client
from http.client import HTTPException
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from embedded.errors import EmbeddedError
from embedded.up.data_folder import DataFolder


def call(data: DataFolder, method: str, *arguments: Any) -> Any:
    """Ask it over its socket. Raises `EmbeddedError` when it refuses or does not answer."""
    # A connection of its own for each call: one that failed half-way cannot be used again.
    transport: Any = SupervisorTransport("", "", f"unix://{data.control_socket}")
    try:
        proxy: Any = xmlrpc.client.ServerProxy("http://local", transport=transport)
        return getattr(proxy.supervisor, method)(*arguments)
    except (OSError, HTTPException, xmlrpc.client.Error) as exc:
        raise EmbeddedError(
            f"supervisord does not do {method}: {exc}",
            f"{data.logs / 'supervisord.log'} may say why.",
        ) from exc
    finally:
        transport.close()
