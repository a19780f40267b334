"""OpenMQTTGateway: a BLE sensor, heard by the gateway of its site."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, address, document
from firmware_sim.models import Values

NAME = "openmqttgateway"
STAMPED = False

KEYS = {"temperature": "tempc", "humidity": "hum", "pressure": "pres", "co2": "co2"}


def announce(device: Speaker) -> list[Publication]:
    return [Publication(f"{_gateway(device)}/LWT", b"online", retain=True)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    mac = address(device)
    told = {
        "id": ":".join(mac[at : at + 2] for at in range(0, 12, 2)),
        "mac_type": 1,
        "rssi": -60 - len(device.uid),
        "name": device.name,
        "brand": "Pulseboard",
        "model": device.model.kind,
        "model_id": device.model.kind.upper(),
    }
    for metric, value in values.items():
        told[KEYS.get(metric, metric.replace(".", "_"))] = value
        if metric == "temperature" and not isinstance(value, str):
            told["tempf"] = round(value * 1.8 + 32, 2)
    return [Publication(f"{_gateway(device)}/BTtoMQTT/{mac}", document(told))]


def will(device: Speaker) -> Publication:
    return Publication(f"{_gateway(device)}/LWT", b"offline", retain=True)


def _gateway(device: Speaker) -> str:
    return f"home/OMG_{device.site.slug}"
