"""The file of Mosquitto's dynamic-security plugin: read, and written whole or not at all.

`python -m devices.broker_file FILE` gives the accounts of our own processes to a broker that starts
after it, with the passwords that the environment names; Compose runs it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from devices import dynsec
from devices.dynsec import Json

PASSWORDS = {  # the environment's names of them, by account
    dynsec.CONTROL: "MQTT_CONTROL_PASSWORD",
    dynsec.BRIDGE: "MQTT_BRIDGE_PASSWORD",
    dynsec.SIMULATOR: "MQTT_SIMULATOR_PASSWORD",
    dynsec.GATEWAY: "MQTT_GATEWAY_PASSWORD",
    dynsec.SHARED: "MQTT_DEVICES_PASSWORD",
}


def read(path: Path) -> Json:
    """Empty where there is none, or a broken one. Raises `OSError`."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, document: Json) -> None:
    """For its owner alone, who stays who it was. Raises `OSError`."""
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(document))
    if path.exists():
        status = path.stat()
        if (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
            os.chown(fresh, status.st_uid, status.st_gid)
    fresh.replace(path)


def give_processes(path: Path, passwords: Mapping[str, str]) -> bool:
    """Our processes' accounts with these passwords, by user name; those without one go. Whether
    anything had to be written: a broker that runs is not written beneath. Raises `OSError`."""
    before = read(path)
    if dynsec.has_processes(before, passwords):
        return False
    write(path, dynsec.with_processes(before, passwords))
    return True


def main(words: list[str]) -> int:
    path = Path(words[0])
    given = {name: os.environ.get(variable, "") for name, variable in PASSWORDS.items()}
    passwords = {name: word for name, word in given.items() if word}
    for name in dynsec.PROCESSES:
        if name not in passwords:
            sys.stderr.write(f"{PASSWORDS[name]} is not set: run make compose-env\n")
            return 1
    try:
        written = give_processes(path, passwords)
    except OSError as exc:
        sys.stderr.write(f"{path} is not written: {exc}\n")
        return 1
    sys.stdout.write(f"{path} {'is written' if written else 'is as it should be'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
