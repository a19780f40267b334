"""The Things Stack v3, of The Things Network and The Things Industries:
`v3/{application}/devices/{id}/…`.

Also where a Pub/Sub integration puts all devices on one topic: the payload names the device, and
where its name and the topic's differ, the payload is right. Pure.
"""

from __future__ import annotations

from typing import Any

from bridge.decode import documents, lorawan
from bridge.decode.descriptions import said
from bridge.decode.identity import device_uid
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
)
from bridge.decode.state import CERTAIN, State
from bridge.decode.texts import members, within
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "the_things_stack"
FILTERS = (
    "v3/+/devices/+/up",
    "v3/+/devices/+/join",
    "v3/+/devices/+/location/solved",
)
SIGNED = 50  # confidence where only the payload says what it is

DOWNLINK, SERVICE, SIMULATED = "lorawan_downlink", "lorawan_service", "simulated_uplink"
# What else comes under a device, what goes down to it and what services say: by the topic's level,
# and by how the payload's key begins.
REPEATED = "lorawan_normalized"  # the uplink once more, under the names of a schema
NOISE = {"down": DOWNLINK, "service": SERVICE}
NOISE_KEYS = {"downlink": DOWNLINK, "service": SERVICE, "uplink_normalized": REPEATED}


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    levels = topic.split("/")
    if len(levels) >= 5 and levels[0] == "v3" and levels[2] == "devices":
        return CERTAIN if levels[4] in ("up", "join", "location", *NOISE) else 0
    if b'"end_device_ids"' not in payload:
        return 0
    document = documents.peek(payload)
    named = isinstance(document, dict) and isinstance(document.get("end_device_ids"), dict)
    return SIGNED if named else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, b""), SIGNED)


def decode(message: Message, state: State) -> list[Item]:
    """Never raises for bad data."""
    levels = state.context.topic(message.topic).split("/")
    on_topic = levels[3] if len(levels) >= 5 and levels[0] == "v3" else ""
    if on_topic and levels[4] in NOISE:
        return [Ignored(NOISE[levels[4]])]
    try:
        document = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(device_uid(on_topic), exc.problem)]
    device = _device(document, on_topic)
    if not device.uid:
        return [Rejected("", Problem(Reason.BAD_UID, "end_device_ids names no device"))]
    return _said(device, document, message.received_us)


def _said(device: Described, document: dict[str, Any], received_us: int) -> list[Item]:
    if document.get("simulated") is True:
        return [Ignored(SIMULATED, uid=device.uid)]
    stamps = [document.get("received_at")]
    if isinstance(uplink := document.get("uplink_message"), dict):
        stamps += [uplink.get("received_at"), within(uplink, "settings", "time")]
        return [device, _telemetry(device.uid, uplink, stamps, received_us)]
    if values := lorawan.location(within(document, "location_solved", "location")):
        time_us = lorawan.first_time(stamps, received_us)
        return [device, Telemetry(device.uid, [Sample(time_us, values)])]
    if "join_accept" in document:
        return [device]
    for key in document:
        if reason := NOISE_KEYS.get(key) or NOISE_KEYS.get(key.partition("_")[0]):
            return [Ignored(reason, uid=device.uid)]
    detail = "the message has neither uplink_message nor join_accept nor a solved location"
    return [Rejected(device.uid, Problem(Reason.NO_VALUES, detail))]


def _telemetry(uid: str, uplink: dict[str, Any], stamps: list[Any], received_us: int) -> Item:
    decoded = uplink.get("decoded_payload")
    if isinstance(decoded, dict) and decoded:
        found = lorawan.measured(decoded)
        values, problems = found.values, tuple(found.problems)
    else:
        attributes = uplink.get("attributes")
        values, problems = lorawan.undecoded(uplink.get("frm_payload"), attributes)
    heard = lorawan.link(uplink.get("rx_metadata"), "snr", uplink.get("f_cnt"))
    time_us = lorawan.first_time(stamps, received_us)
    return Telemetry(uid, [Sample(time_us, {**heard, **values})], problems)


def _device(document: dict[str, Any], on_topic: str) -> Described:
    ids = members(document.get("end_device_ids"))
    name = said(ids.get("device_id")) or on_topic
    application = said(within(ids, "application_ids", "application_id"))
    in_application = f"{application}/{name}" if application and name else name
    dev_eui = lorawan.eui(ids.get("dev_eui"))
    version = members(within(document, "uplink_message", "version_ids"))
    return Described(
        # A device that was activated by hand need not have an EUI.
        device_uid(dev_eui or in_application),
        name=name,
        model=said(version.get("model_id")),
        firmware=said(version.get("firmware_version")),
        manufacturer=said(version.get("brand_id")),
        area=application,
        aliases=(in_application,) if dev_eui and in_application else (),
    )
