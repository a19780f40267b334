"""Writes `.env` for docker-compose.yml: a random secret for each variable that needs one.

Runs with any Python 3, outside the image. What stands in a file is in use and stays; secrets that a
new release wants are added.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

SECRET_BYTES = 36  # of randomness: 48 characters, none of which needs quoting in a URL
SECRETS = (
    "PULSEBOARD_SECRET_KEY",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "MQTT_CONTROL_PASSWORD",
    "MQTT_BRIDGE_PASSWORD",
    "MQTT_SIMULATOR_PASSWORD",
    "MQTT_GATEWAY_PASSWORD",
)
CHOICES = """\
# The names browsers use, comma-separated, and where the ports are open on this machine.
PULSEBOARD_HOSTS=localhost
PULSEBOARD_TRUSTED_ORIGINS=
PULSEBOARD_TLS_PROXY=no
# The address the proxy has in the network of the containers: 172.18.0.1 for one on this machine.
PULSEBOARD_PROXIES=
# Notifications: how people reach the pages, who takes e-mail, inner networks that may be told, and
# whom to tell that Pulseboard lives (docs/notifications.md).
PULSEBOARD_PUBLIC_URL=
PULSEBOARD_EMAIL_URL=
PULSEBOARD_EMAIL_FROM=
PULSEBOARD_NOTIFY_ALLOW=
PULSEBOARD_HEARTBEAT_URL=
WEB_ADDRESS=127.0.0.1:8000
MQTT_ADDRESS=127.0.0.1:1883
# The name and port devices reach the broker by, shown on the pages.
MQTT_FOR_DEVICES=localhost:1883
# The account `devices` that all devices shared, for as long as some still do (docs/deployment.md).
MQTT_DEVICES_PASSWORD=
SIM_DEVICES=24
# The most memory a container may take; 0: no limit (docs/deployment.md).
APP_MEMORY=1g
POSTGRES_MEMORY=0
REDIS_MEMORY=512m
MQTT_MEMORY=3g
"""


def text() -> str:
    lines = [f"{name}={secrets.token_urlsafe(SECRET_BYTES)}" for name in SECRETS]
    return "\n".join(
        ["# Secrets of this installation; keep them out of version control.", *lines]
    ) + (f"\n\n{CHOICES}")


def write(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text())


def add_missing(path: Path) -> list[str]:
    """The names of the secrets that were not there."""
    before = path.read_text()
    there = {line.partition("=")[0].strip() for line in before.splitlines()}
    missing = [name for name in SECRETS if name not in there]
    if missing:
        with path.open("a") as out:
            lines = [f"{name}={secrets.token_urlsafe(SECRET_BYTES)}\n" for name in missing]
            out.write("".join(["" if before.endswith("\n") else "\n", *lines]))
    return missing


def main(words: list[str]) -> int:
    path = Path(words[0] if words else ".env")
    try:
        write(path)
        said = f"{path} is written, readable by you alone. Next: docker compose up -d"
    except FileExistsError:
        added = add_missing(path)
        said = f"{path} is there and stays; added: {', '.join(added) or 'nothing'}"
    except OSError as exc:
        sys.stderr.write(f"{path} is not written: {exc.strerror}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
