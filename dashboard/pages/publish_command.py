"""The command a newcomer publishes a first reading with: right for the broker there is."""

from __future__ import annotations

import shlex
from typing import Any

SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"  # where mosquitto_pub has no default of its own


def publish_words(broker: Any, *, accounts: bool) -> str:
    """How `mosquitto_pub` reaches the broker; the password is for its reader to fill in. Where each
    device has an account of its own, whoever shows the words adds it."""
    words = ["-h", broker.host, "-p", str(broker.port)]
    if broker.username is not None and not accounts:
        words += ["-u", broker.username, "-P", "PASSWORD"]
    if broker.tls:
        words += ["--cafile", broker.files.get("ca", SYSTEM_CA)]
    for option in ("cert", "key"):
        if option in broker.files:
            words += [f"--{option}", broker.files[option]]
    return shlex.join(words)
