"""The ports that what runs listens on: the usual ones, or the same as last time."""

from __future__ import annotations

import os

from embedded.errors import EmbeddedError
from embedded.servers import mqtt
from embedded.servers.claims import Claims
from embedded.servers.ports import LOOPBACK, choose_port, is_free
from embedded.servers.postgres import Postgres
from embedded.servers.redis import Redis
from embedded.up.addresses import address_of
from embedded.up.data_folder import DataFolder
from embedded.up.options import Options
from embedded.up.yours import VARIABLES

WEB_PORT = 8000
USUAL_PORTS = {
    "postgres": Postgres.usual_port,
    "redis": Redis.usual_port,
    "mqtt": mqtt.Broker.usual_port,
}
PROBE_PORTS = {
    "bridge": 9101,
    "engine": 9103,
}  # of /metrics, /healthz and /readyz


def choose_ports(
    options: Options, address: str, data: DataFolder, claims: Claims
) -> dict[str, int]:
    """A port for each, the same as last time where it is still free."""
    chosen: dict[str, int] = {}
    for key, port in {**USUAL_PORTS, "web": WEB_PORT, **PROBE_PORTS}.items():
        taken = frozenset(chosen.values())
        if key == "web" and options.port:
            if not (is_free(options.port, address) and claims.take(options.port, address)):
                raise EmbeddedError(
                    f"Port {options.port} of {options.host} is taken or not allowed.",
                    "Choose another with --port, or leave it out.",
                )
            chosen[key] = options.port
        elif key not in VARIABLES or not os.environ.get(VARIABLES[key]):
            hosts = {"web": address, "mqtt": address_of(options.mqtt_host, "--mqtt-host")}
            host = hosts.get(key, LOOPBACK)
            remembered = data.remembered_port(key)
            chosen[key] = choose_port(remembered, port, host=host, taken=taken, claims=claims)
    data.remember_ports(chosen)
    return chosen
