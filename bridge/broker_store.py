"""How much the broker keeps, looked at as a job of `manage.py maintain`.

Mosquitto has no bound for retained messages: whoever may publish may retain under as many topics as
they invent, and each stays in memory and on disk until somebody clears it. So somebody is told.
What each topic holds is not asked for: the answer would be all of it, sent by a broker that may be
short of memory already.
"""

from __future__ import annotations

from django.conf import settings
from prometheus_client import Gauge

from bridge.mqtt import statistics
from bridge.mqtt.broker import Broker
from telemetry.jobs import REGISTRY, Job, NotYet

EVERY, TIMEOUT = 600.0, 60.0  # seconds
MIB = 1024 * 1024

_RETAINED = Gauge(
    "pulseboard_broker_retained_messages", "Messages that the broker retains", registry=REGISTRY
)
_STORED = Gauge(
    "pulseboard_broker_stored_bytes", "What the broker keeps, retained or for somebody who is away",
    registry=REGISTRY,
)  # fmt: skip


def look() -> str:
    """Raises `NotYet` when the broker keeps more than it should."""
    asked = (statistics.RETAINED, statistics.STORED_BYTES)
    try:
        told = statistics.read(Broker.of(settings.MQTT), asked)
    except statistics.NotAsked:
        return ""  # the bridge says so
    retained, stored = (told.get(topic) for topic in asked)
    if retained is None or stored is None:
        return ""  # another broker, which has limits of its own, or one that started just now
    _RETAINED.set(retained)
    _STORED.set(stored)
    if retained > settings.RETAINED_LIMIT:
        raise NotYet(
            f"The broker keeps {retained} retained messages, more than {settings.RETAINED_LIMIT}."
            " docs/operations.md says how to find and clear them."
        )
    if stored > settings.BROKER_STORE_LIMIT:
        limit = settings.BROKER_STORE_LIMIT // MIB
        raise NotYet(
            f"The broker keeps {stored // MIB} MiB of messages, more than {limit}."
            " docs/operations.md says how to find and clear those it retains."
        )
    return f"{retained} retained messages and {stored // MIB} MiB at the broker"


JOBS = (Job("watch_broker_store", every=EVERY, timeout=TIMEOUT, run=look),)
