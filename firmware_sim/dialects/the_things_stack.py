"""The Things Stack: what its MQTT server publishes of a device with a payload formatter."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects import lorawan
from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "the_things_stack"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:
    joined = {"end_device_ids": _ids(device), "join_accept": {"session_key_id": "AXBSH1Pk6Z0G16=="}}
    return [Publication(_topic(device, "join"), document(joined))]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    uplink = {
        "f_port": lorawan.PORT,
        "f_cnt": int(time) % 65_536,
        "frm_payload": "gkHe",
        "decoded_payload": nest(values),
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": f"gateway-{device.site.slug}"},
                "rssi": lorawan.strength(device),
                "snr": 5.25,
            }
        ],
        "version_ids": {"brand_id": "pulseboard", "model_id": device.model.kind},
    }
    told = {
        "end_device_ids": _ids(device),
        "received_at": lorawan.moment(time),
        "uplink_message": uplink,
    }
    return [Publication(_topic(device, "up"), document(told))]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None


def _ids(device: Speaker) -> dict[str, Any]:
    return {
        "device_id": device.uid,
        "application_ids": {"application_id": device.site.slug},
        "dev_eui": lorawan.eui(device).upper(),
    }


def _topic(device: Speaker, channel: str) -> str:
    return f"v3/{device.site.slug}@pulseboard/devices/{device.uid}/{channel}"
