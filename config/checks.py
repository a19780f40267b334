"""What the settings themselves cannot refuse: values that are each possible and together a mistake.

`manage.py check --tag pulseboard` asks; `up` and `bootstrap` do before they touch a database. A
setting that can never be right is refused where it is read (config.env, config.servers).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from access.openid_roles import read
from bridge.publish.mirror import choice
from devices import topic_filter
from notifications.outbound.http import complaint

# The only checks a command of ours runs (`requires_system_checks`). The others are of the code, not
# of an installation: `manage.py check` and the tests run them. They import every address, which
# takes longer than all the rest of a start.
TAG = "pulseboard"
MIN_SECRET = 50  # characters of the key that signs sessions
MIN_METRICS_TOKEN = 16  # characters
MIN_BROKER_SECRET = 32  # characters
# Of AWS, Azure and Google, by IPv4 and IPv6; of Alibaba.
CLOUD_METADATA = [
    ip_address(each) for each in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")
]
LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}


@register(TAG)
def check_settings(**_options: Any) -> list[CheckMessage]:
    return [
        *_of_secrets(),
        *_of_reach(),
        *_of_names(),
        *_of_topics(),
        *_of_publishing(),
        *_of_spool(),
        *_of_notifications(),
        *_of_sign_in(),
    ]


def _of_secrets() -> Iterator[CheckMessage]:
    if not settings.DEBUG and len(settings.SECRET_KEY) < MIN_SECRET:
        yield Warning(
            f"PULSEBOARD_SECRET_KEY has less than {MIN_SECRET} characters.",
            hint="Who guesses it can log in as anybody. Make one with `openssl rand -base64 48`.",
            id="pulseboard.W001",
        )
    if 0 < len(settings.METRICS_TOKEN) < MIN_METRICS_TOKEN:
        yield Warning(
            f"PULSEBOARD_METRICS_TOKEN has less than {MIN_METRICS_TOKEN} characters.",
            hint="Anybody may try to guess it.",
            id="pulseboard.W002",
        )
    if 0 < len(settings.BROKER_SECRET) < MIN_BROKER_SECRET:
        yield Error(
            f"PULSEBOARD_BROKER_SECRET has less than {MIN_BROKER_SECRET} characters.",
            hint="Who guesses it can try tokens of devices. Make one with `openssl rand -hex 32`.",
            id="pulseboard.E023",
        )


def _of_reach() -> Iterator[CheckMessage]:
    others = [name for name in settings.ALLOWED_HOSTS if name not in LOOPBACK]
    if settings.DEBUG and others:
        yield Error(
            f"PULSEBOARD_DEBUG is on, and others can come by the name {others[0]}.",
            hint="Its error pages show code and settings. Unset it, or PULSEBOARD_ALLOWED_HOSTS.",
            id="pulseboard.E001",
        )
    if "*" in others:
        yield Warning(
            "PULSEBOARD_ALLOWED_HOSTS takes every name.",
            hint="A page elsewhere can then have its own name point here. Name yours;"
            " this-machine stands for those of the machine.",
            id="pulseboard.W003",
        )


def _of_names() -> Iterator[CheckMessage]:
    # Of Redis channels, whose layer takes no others, and of MQTT client ids.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", settings.PULSEBOARD_PREFIX):
        yield Error(
            f"PULSEBOARD_PREFIX is {settings.PULSEBOARD_PREFIX!r}.",
            hint="Write 1 to 40 letters, digits, '_', '-' and '.'.",
            id="pulseboard.E002",
        )


def _of_topics() -> Iterator[CheckMessage]:
    if settings.PULSEBOARD_CONVENTIONS:
        # Here: every process checks its settings when it starts, and most decode nothing.
        from bridge.decode import CONVENTIONS  # noqa: PLC0415

        names = {each.NAME for each in CONVENTIONS}
        for wanted in sorted(set(settings.PULSEBOARD_CONVENTIONS) - names):
            yield Error(
                f"PULSEBOARD_CONVENTIONS names {wanted!r}, which is none.",
                hint=f"There are {', '.join(sorted(names))}.",
                id="pulseboard.E003",
            )
    # The name of a convention is a word, so it is a filter as well.
    for wanted in (*settings.PULSEBOARD_FILTERS, *settings.AUTO_ADOPT):
        if not topic_filter.is_valid(wanted):
            yield Error(
                f"{wanted!r} is no filter of MQTT topics.",
                hint="Mend PULSEBOARD_FILTERS or PULSEBOARD_AUTO_ADOPT; as plant/+/sensors/#.",
                id="pulseboard.E004",
            )


def _of_publishing() -> Iterator[CheckMessage]:
    for wanted in settings.PULSEBOARD_PUBLISH:
        if not choice.is_pattern(wanted):
            yield Error(
                f"{wanted!r} in PULSEBOARD_PUBLISH is no pattern of series.",
                hint="Write a uid or uid/metric, as freezer-*/temperature.",
                id="pulseboard.E007",
            )
    prefix = settings.PULSEBOARD_HOMEASSISTANT
    if prefix and not re.fullmatch(r"[^+#/\0$][^+#/\0]*", prefix):
        yield Error(
            f"PULSEBOARD_HOMEASSISTANT is {prefix!r}.",
            hint="Write Home Assistant's discovery prefix, one level of a topic: homeassistant.",
            id="pulseboard.E008",
        )


def _of_spool() -> Iterator[CheckMessage]:
    """Warnings: only the bridge needs the folder, and every process reads the same settings."""
    there = _nearest(settings.SPOOL_FOLDER)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Warning(
            f"A bridge could not keep anything in {settings.SPOOL_FOLDER}: {there} is not a folder"
            " this account may write to.",
            hint="Set PULSEBOARD_SPOOL to one that it may.",
            id="pulseboard.W004",
        )
        return
    free = shutil.disk_usage(there).free
    if free < settings.SPOOL_LIMIT:
        yield Warning(
            f"{free // 2**20} MiB are free at {there}, and a bridge may keep"
            f" {settings.SPOOL_LIMIT // 2**20} MiB there.",
            hint="Make room, or set PULSEBOARD_SPOOL_MIB lower: a full disk stops more than it.",
            id="pulseboard.W005",
        )


def _of_notifications() -> Iterator[CheckMessage]:
    for network in settings.NOTIFY_ALLOW:
        if any(each in network for each in CLOUD_METADATA if each.version == network.version):
            yield Warning(
                f"PULSEBOARD_NOTIFY_ALLOW has {network}, and in it what tells a cloud's machines"
                " their credentials.",
                hint="Who may add a channel could have them sent. Name smaller networks.",
                id="pulseboard.W006",
            )
    try:
        validate_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except ValidationError:
        yield Error(
            f"PULSEBOARD_EMAIL_FROM is {settings.DEFAULT_FROM_EMAIL!r}.",
            hint="Write Pulseboard <pulseboard@example.com>, or the address alone.",
            id="pulseboard.E005",
        )
    for name, url in (
        ("PULSEBOARD_PUBLIC_URL", settings.PUBLIC_URL),
        ("PULSEBOARD_HEARTBEAT_URL", settings.HEARTBEAT_URL),
    ):
        if url and (said := complaint(url)):
            yield Error(f"{name}: {said}", id="pulseboard.E006")


def _of_sign_in() -> Iterator[CheckMessage]:
    issuer = urlsplit(settings.OIDC_ISSUER)
    if settings.OIDC_ISSUER and issuer.scheme != "https" and issuer.hostname not in LOOPBACK:
        yield Error(
            f"PULSEBOARD_OIDC_ISSUER is {settings.OIDC_ISSUER!r}.",
            hint="Write its address with https: who is between could sign in as anybody.",
            id="pulseboard.E020",
        )
    if settings.OIDC_ISSUER and not settings.OIDC_CLIENT_ID:
        yield Error("PULSEBOARD_OIDC_CLIENT_ID is not set.", id="pulseboard.E021")
    try:
        read(settings.OIDC_ROLES)
    except ValueError as exc:
        yield Error(f"PULSEBOARD_OIDC_ROLES: {exc}.", id="pulseboard.E022")


def _nearest(folder: Path) -> Path:
    """The folder, or what is there of the way to it: the bridge makes the rest."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
