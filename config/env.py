"""Typed readers of environment variables: the only place settings look at `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


# Settings that are secret, or addresses that may hold a password. Each may be given as a file, as
# Docker, Kubernetes and systemd hand secrets out: NAME_FILE is its path.
SECRETS = (
    "DATABASE_URL", "REDIS_URL", "MQTT_URL", "PULSEBOARD_DEVICES_MQTT_URL",
    "PULSEBOARD_BROKER_CONTROL_URL", "PULSEBOARD_SECRET_KEY", "PULSEBOARD_EMAIL_URL",
    "PULSEBOARD_HEARTBEAT_URL", "PULSEBOARD_METRICS_TOKEN", "PULSEBOARD_OIDC_CLIENT_SECRET",
    "PULSEBOARD_BROKER_SECRET",
)  # fmt: skip
MAX_SECRET = 64 * 1024  # bytes of such a file


def adopt_files() -> None:
    """Take each secret that is named by a file from there, for this process and those it starts.

    Raises `ImproperlyConfigured` where both are given or the file cannot be read.
    """
    for name in SECRETS:
        path = os.environ.get(f"{name}_FILE", "").strip()
        if not path:
            continue
        if os.environ.get(name, "").strip():
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one")
        try:
            with open(path, encoding="utf-8") as file:
                word = file.read(MAX_SECRET).strip()
        except (OSError, ValueError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else "it is no text"
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {why}") from exc
        if not word:
            raise ImproperlyConfigured(f"{name}_FILE: {path} is empty")
        os.environ[name] = word
        del os.environ[f"{name}_FILE"]  # what is started from here has the one of the two


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


def choice(name: str, default: str, among: Collection[str]) -> str:
    """One of some words, in capitals or not. Raises `ImproperlyConfigured` that lists them."""
    word = (text(name) or default).upper()
    if word not in among:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}")
    return word


def integer(name: str, default: int, minimum: int, maximum: int) -> int:
    """A whole number. Raises `ImproperlyConfigured` that names the variable and its bounds."""
    raw = text(name) or str(default)
    if not raw.isascii() or not raw.isdecimal() or not minimum <= int(raw) <= maximum:
        raise ImproperlyConfigured(f"{name} must be a whole number from {minimum} to {maximum}")
    return int(raw)


def day(name: str) -> date | None:
    """A date as 2026-11-27, or None. Raises `ImproperlyConfigured` for anything else."""
    raw = text(name)
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a date such as 2026-11-27") from exc


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def networks(name: str, default: str = "") -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of networks and addresses; set to nothing it is the default. Raises
    `ImproperlyConfigured`."""
    try:
        return [ip_network(word) for word in words(name) or default.split(",") if word]
    except ValueError as exc:
        raise ImproperlyConfigured(
            f"{name}: {exc}; write networks such as 10.1.2.0/24, comma-separated"
        ) from exc
