"""Typed readers of environment variables: the only place settings look at `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


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
