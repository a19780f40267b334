"""ChirpStack v4: the events of its MQTT integration, as JSON, of a device with a codec."""

from __future__ import annotations

import uuid
from typing import Any

from firmware_sim.dialects import lorawan
from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "chirpstack"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:
    joined = {"deviceInfo": _info(device), "devAddr": lorawan.eui(device)[:8]}
    return [Publication(_topic(device, "join"), document(joined))]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told = {
        "time": lorawan.moment(time),
        "deviceInfo": _info(device),
        "fCnt": int(time) % 65_536,
        "fPort": lorawan.PORT,
        "data": "gkHe",
        "object": nest(values),
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": lorawan.strength(device), "snr": 8.5}],
    }
    return [Publication(_topic(device, "up"), document(told))]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None


def _info(device: Speaker) -> dict[str, Any]:
    return {
        "applicationId": _application(device),
        "applicationName": device.site.slug,
        "deviceProfileName": device.model.kind,
        "deviceName": device.name,
        "devEui": lorawan.eui(device),
        "tags": {},
    }


def _application(device: Speaker) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, device.site.slug))


def _topic(device: Speaker, event: str) -> str:
    return f"application/{_application(device)}/device/{lorawan.eui(device)}/event/{event}"
