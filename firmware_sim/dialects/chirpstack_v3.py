"""ChirpStack v3: events as its protobuf in JSON, the EUI in base64 and the object in a text."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from firmware_sim.dialects import lorawan
from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "chirpstack_v3"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:
    joined = {**_info(device), "devAddr": "ASNFZw=="}
    return [Publication(_topic(device, "join"), document(joined))]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    gateway = {"gatewayID": "YMWo//52FO8=", "rssi": lorawan.strength(device), "loRaSNR": 8.5}
    told = {
        **_info(device),
        "rxInfo": [{**gateway, "time": lorawan.moment(time)}],
        "fCnt": int(time) % 65_536,
        "fPort": lorawan.PORT,
        "data": "gkHe",
        "objectJSON": json.dumps(nest(values)),
        "publishedAt": lorawan.moment(time),
    }
    return [Publication(_topic(device, "up"), document(told))]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None


def _info(device: Speaker) -> dict[str, Any]:
    return {
        "applicationID": _application(device),
        "applicationName": device.site.slug,
        "deviceName": device.name,
        "deviceProfileName": device.model.kind,
        "devEUI": base64.b64encode(bytes.fromhex(lorawan.eui(device))).decode(),
        "tags": {},
    }


def _application(device: Speaker) -> str:
    return str(1 + zlib.crc32(device.site.slug.encode()) % 99)


def _topic(device: Speaker, event: str) -> str:
    return f"application/{_application(device)}/device/{lorawan.eui(device)}/event/{event}"
