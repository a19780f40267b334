"""The servers DATABASE_URL, REDIS_URL and MQTT_URL name: do they answer, and how to show them."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from embedded.errors import EmbeddedError

VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL", "mqtt": "MQTT_URL"}
PORTS = {"postgresql": 5432, "postgres": 5432, "rediss": 6379, "redis": 6379}
PORTS |= {"mqtt": 1883, "mqtts": 8883}
ANSWER_SECONDS = 5.0  # for a server of yours to accept a connection
_PASSWORD = re.compile(r"(?<=://)([^/@?]*?):[^/?]*@")
_OPTION = re.compile(r"([?&](?:password|sslpassword)=)[^&]*")

Address = tuple[str, int] | str  # host and port, or the path of a Unix socket


def check() -> None:
    """Raises `EmbeddedError` while a server named by a variable does not answer."""
    for variable in VARIABLES.values():
        url = os.environ.get(variable, "")
        if not url:
            continue
        try:
            found = list(addresses(url))
            refusals = [refusal for address in found if (refusal := _refusal(address))]
        except ValueError as exc:
            raise EmbeddedError(
                f"{variable} is no address: {exc}.", f"Correct {variable}; see docs/operations.md."
            ) from exc
        if found and len(refusals) == len(found):  # of several hosts one is enough
            raise EmbeddedError(
                f"{variable} names {shown(variable)}, which does not answer: {refusals[0]}",
                f"Start that server, correct {variable}, or unset it to have one started here.",
            )


def addresses(url: str) -> Iterator[Address]:
    """Where the servers of `url` listen; a Postgres may be on any of several hosts.

    Raises `ValueError` for a port that is none.
    """
    parts = urlsplit(url)
    port = PORTS.get(parts.scheme, 0)
    if parts.scheme == "unix":
        yield unquote(parts.path)
        return
    hosts = parts.netloc.rpartition("@")[2]
    if not hosts:
        hosts = ",".join(parse_qs(parts.query).get("host", []))
    for host in filter(None, hosts.split(",")):
        name, _, number = host.rpartition(":") if re.search(r":\d*$", host) else (host, "", "")
        name = unquote(name).strip("[]")
        here = int(number or port)
        if not 0 < here < 65_536:
            raise ValueError(f"{here} is no port")
        yield f"{name}/.s.PGSQL.{here}" if name.startswith("/") else (name, here)


def _refusal(address: Address) -> OSError | None:
    try:
        if isinstance(address, str):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(ANSWER_SECONDS)
                probe.connect(address)
        else:
            socket.create_connection(address, ANSWER_SECONDS).close()
    except OSError as exc:
        return exc
    return None


def shown(variable: str) -> str:
    """The address in a variable, without its password."""
    return _OPTION.sub(r"\1***", _PASSWORD.sub(r"\1:***@", os.environ[variable]))
