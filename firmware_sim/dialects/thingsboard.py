"""A device behind a gateway that speaks ThingsBoard's gateway API."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values

NAME = "thingsboard"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:
    about = {"device": device.uid, "type": device.model.kind}
    return [
        Publication("v1/gateway/connect", document(about)),
        Publication("v1/gateway/attributes", document({device.uid: {"fw_version": "1.4.2"}})),
    ]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told = {device.uid: [{"ts": round(time * 1_000), "values": values}]}
    return [Publication("v1/gateway/telemetry", document(told))]


def will(device: Speaker) -> Publication:
    return Publication("v1/gateway/disconnect", document({"device": device.uid}))
