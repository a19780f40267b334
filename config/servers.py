"""The addresses of the servers we use, from the environment: Postgres, Redis, the MQTT broker."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env

CONNECT_TIMEOUT = "5"  # seconds for each host, unless the address names another
# How soon a connection that is kept is known to be dead when its host is gone without a word: the
# system's own limits are a quarter of an hour, and two hours where nothing is under way.
SILENT_NETWORK = {
    "tcp_user_timeout": "10000",  # ms until what was sent must have arrived
    "keepalives_idle": "10",  # seconds of silence until it is asked whether anybody is there
    "keepalives_interval": "5",  # seconds between these questions
    "keepalives_count": "3",  # of them, unanswered
}
POSTGRES_PORT = 5432
REDIS_SCHEMES = ("redis", "rediss", "unix")
MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
SMTP_PORTS = {"smtp": 587, "smtps": 465}
TLS_FILES = ("ca", "cert", "key")
_HOST = re.compile(r"(?P<name>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker: where, as whom, and what proves who it is and who we are."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    # Paths: the CA's certificate (the system's where it is not given), ours, its key.
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes our e-mail."""

    host: str = ""
    port: int = SMTP_PORTS["smtp"]
    username: str = ""
    password: str = ""
    tls: bool = False  # from the first byte
    starttls: bool = False


def database(name: str, default: str) -> dict[str, Any]:
    """DATABASES["default"] for `postgresql://user:password@host:port,host:port/name?options`.

    With several hosts libpq takes the first that can be written to, unless the address says
    otherwise. A path as host, or as the option `host`, is the folder of a Unix socket.
    Raises `ImproperlyConfigured` that names the variable.
    """
    parts = urlsplit(env.text(name) or default)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql://")
    account, _, where = parts.netloc.rpartition("@")
    hosts, ports = _hosts(name, where)
    username, _, password = account.partition(":")
    options = _options(parts.query)
    if not hosts and "host" not in options:
        raise ImproperlyConfigured(
            f"{name} names no host; a Unix socket is postgresql:///name?host=/run/postgresql"
        )
    defaults = {"connect_timeout": CONNECT_TIMEOUT, **SILENT_NETWORK}
    if len(hosts) > 1:
        defaults["target_session_attrs"] = "read-write"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "pulseboard",
        "USER": unquote(username),
        "PASSWORD": unquote(password),
        "HOST": options.pop("host", ",".join(hosts)),
        "PORT": options.pop("port", ",".join(map(str, ports))),
        "CONN_HEALTH_CHECKS": True,
        # Behind a pooler in transaction mode the next statement may meet another session, in which
        # a cursor is unknown.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        # Without a limit a request to a database that hangs would hang as long.
        "OPTIONS": defaults | options,
    }


def redis_url(name: str, default: str) -> str:
    """`redis://`, `rediss://` or `unix:///path`, as the client takes it, once it makes sense.

    Raises `ImproperlyConfigured` that names the variable.
    """
    url = env.text(name) or default
    parts = urlsplit(url)
    if "sentinel" in parts.scheme:
        raise ImproperlyConfigured(
            f"{name}: Redis Sentinel is not spoken. Name an address that follows the master"
            " (HAProxy, a virtual IP): what Redis carries here is kept nowhere"
        )
    if parts.scheme not in REDIS_SCHEMES:
        raise ImproperlyConfigured(
            f"{name} must start with one of {', '.join(f'{s}://' for s in REDIS_SCHEMES)}"
        )
    _port(name, parts.netloc)
    if parts.scheme == "unix" and not parts.path.startswith("/"):
        raise ImproperlyConfigured(f"{name} names no socket: write unix:///path/to/redis.sock")
    if parts.scheme != "unix" and not parts.hostname:
        raise ImproperlyConfigured(f"{name} names no host")
    return url


def mqtt_broker(name: str, default: str) -> Broker:
    """`mqtt://` or `mqtts://user:password@host:port?ca=FILE&cert=FILE&key=FILE`.

    Raises `ImproperlyConfigured` that names the variable, also for a file that cannot be read.
    """
    parts = urlsplit(env.text(name) or default)
    if parts.scheme not in MQTT_PORTS:
        raise ImproperlyConfigured(f"{name} must start with mqtt:// or mqtts://")
    if not parts.hostname:
        raise ImproperlyConfigured(f"{name} names no host")
    files = _options(parts.query)
    if unknown := files.keys() - set(TLS_FILES):
        raise ImproperlyConfigured(f"{name} has no option {min(unknown)}: write ca, cert or key")
    if files and parts.scheme == "mqtt":
        raise ImproperlyConfigured(f"{name} names certificates, so it must start with mqtts://")
    if ("cert" in files) != ("key" in files):
        raise ImproperlyConfigured(f"{name} must have both cert and key, or neither")
    for option, path in files.items():
        if not os.access(path, os.R_OK):
            raise ImproperlyConfigured(f"{name}: {option}={path} cannot be read")
    return Broker(
        host=parts.hostname,
        port=_port(name, parts.netloc) or MQTT_PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "mqtts",
        files=files,
    )


def mqtt_listener(name: str) -> Broker | None:
    """`mqtt://address:port` or `mqtts://address:port?cert=FILE&key=FILE` to be listened on; None
    where it is not set. Raises `ImproperlyConfigured` that names the variable."""
    if not env.text(name):
        return None
    found = mqtt_broker(name, "")
    if found.tls and set(found.files) != {"cert", "key"}:
        raise ImproperlyConfigured(f"{name} must have cert and key with mqtts://, and nothing else")
    return found


def mail_server(name: str) -> MailServer:
    """`smtp://user:password@host:port` or `smtps://…`; one without a host when it is not set.

    `smtp` speaks STARTTLS unless the address ends with `?starttls=no`.
    Raises `ImproperlyConfigured` that names the variable.
    """
    raw = env.text(name)
    if not raw:
        return MailServer()
    parts = urlsplit(raw)
    if parts.scheme not in SMTP_PORTS or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be smtp://host or smtps://host")
    options = _options(parts.query)
    if options.keys() - {"starttls"} or options.get("starttls", "no") not in env.TRUE | env.FALSE:
        raise ImproperlyConfigured(f"{name} has one option, starttls=no")
    return MailServer(
        host=parts.hostname,
        port=_port(name, parts.netloc) or SMTP_PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp" and options.get("starttls", "yes") in env.TRUE,
    )


def _hosts(name: str, where: str) -> tuple[list[str], list[int]]:
    hosts, ports = [], []
    for one in where.split(",") if where else []:
        found = _HOST.fullmatch(one)
        port = int(found["port"] or POSTGRES_PORT) if found else 0
        if found is None or not 0 < port < 65_536:
            raise ImproperlyConfigured(f"{name}: {one!r} is no host with a valid port")
        hosts.append(unquote(found["name"].strip("[]")))
        ports.append(port)
    return hosts, ports


def _port(name: str, netloc: str) -> int | None:
    try:
        return urlsplit(f"//{netloc}").port
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} has no valid port: {exc}") from exc


def _options(query: str) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(query).items()}
