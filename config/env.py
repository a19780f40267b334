"""Typed readers of environment variables: the only place settings look at `os.environ`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """A `scheme://user:password@host:port/path?options` address, decoded."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: str | None
    path: str
    options: dict[str, str]


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool) -> bool:
    """A yes/no variable. Raises `ImproperlyConfigured` for any other word."""
    word = os.environ.get(name, str(default)).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {word!r}; write one of {sorted(TRUE | FALSE - {''})}")


def integer(name: str, default: int, minimum: int, maximum: int) -> int:
    """A whole number. Raises `ImproperlyConfigured` that names the variable and its bounds."""
    raw = text(name) or str(default)
    if not raw.isascii() or not raw.isdecimal() or not minimum <= int(raw) <= maximum:
        raise ImproperlyConfigured(f"{name} must be a whole number from {minimum} to {maximum}")
    return int(raw)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def server_url(name: str, default: str, ports: dict[str, int]) -> ServerUrl:
    """A server address whose scheme is a key of `ports` (scheme -> default port).

    Raises `ImproperlyConfigured` that names the variable when scheme or host is wrong.
    """
    raw = text(name) or default
    parts = urlsplit(raw)
    if parts.scheme not in ports:
        raise ImproperlyConfigured(
            f"{name} must start with one of {', '.join(f'{s}://' for s in ports)}"
        )
    try:
        port = parts.port or ports[parts.scheme]
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} has no valid port: {exc}") from exc
    if not parts.hostname:
        raise ImproperlyConfigured(f"{name} names no host")
    return ServerUrl(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        path=parts.path,
        options={key: values[-1] for key, values in parse_qs(parts.query).items()},
    )
