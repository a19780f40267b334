"""`bridge/devices` of Zigbee2MQTT: names, addresses, models, units of what is paired. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from bridge.decode import documents
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Described, Discovered, Ignored, Item, Problem, Reason, Rejected
from bridge.decode.quantities import quantity_of
from bridge.decode.state import State
from bridge.decode.texts import members, objects, word
from bridge.decode.units import normalised
from bridge.message import Message

UIDS = "uids "  # the scope of a base: uid by IEEE address
NAMES = "names "  # the scope of a base: uid by friendly name
MAX_KEPT = 2_000  # devices of a base
# Bytes. With a hundred devices it is half a megabyte, more than any message of readings.
MAX_REGISTRY = 8 * 1024 * 1024
MAX_EXPOSED = 200  # series of a device that are described
MAX_NESTED = 4  # features inside features
PUBLISHED = 1  # bit of `access`: the property is in the published state
KINDS = {"numeric": "gauge", "binary": "boolean", "enum": "text", "text": "text"}

_decode = msgspec.json.Decoder().decode


def registered(base: str, gateway: str, message: Message, state: State) -> list[Item]:
    """Everything that the registry says, of each device by itself."""
    if not message.payload:
        return [Ignored("cleared", "devices")]
    if len(message.payload) > MAX_REGISTRY:
        detail = f"{len(message.payload)} bytes, over {MAX_REGISTRY}"
        return [Rejected("", Problem(Reason.TOO_LARGE, detail))]
    try:
        devices = _decode(message.payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        devices = documents.peek(message.payload)
    if not isinstance(devices, list):
        return [Rejected("", Problem(Reason.WRONG_TYPE, "the registry is no array"))]
    listed = {word(device.get("ieee_address")) for device in objects(devices, MAX_KEPT)}
    known = dict(state.scope(UIDS + base))
    if len(known.keys() | listed) > MAX_KEPT:  # what is no longer paired makes room
        for ieee in known.keys() - listed:
            state.remember(UIDS + base, ieee, None)
            del known[ieee]
    names: dict[str, str] = {}
    items: list[Item] = []
    for device in objects(devices, MAX_KEPT):
        items += _device_items(device, gateway, known, names)
    state.is_full |= len(known) >= MAX_KEPT
    _remember(UIDS + base, known, state)
    _remember(NAMES + base, names, state)
    for name in state.scope(NAMES + base).keys() - names.keys():
        state.remember(NAMES + base, name, None)
    return items or [Ignored("bridge_chatter", "devices")]


def _remember(scope: str, uids: dict[str, str], state: State) -> None:
    """What of it is new."""
    before = state.scope(scope)
    for key, uid in uids.items():
        if before.get(key) != uid:
            state.remember(scope, key, uid)


def _device_items(
    device: dict[str, Any], gateway: str, known: dict[str, str], names: dict[str, str]
) -> list[Item]:
    """What it says of one device; puts its uid into `known` by address and into `names`."""
    ieee, name = word(device.get("ieee_address")), word(device.get("friendly_name"))
    if not ieee or not name or device.get("type") == "Coordinator":
        return []
    uid = known.get(ieee)
    if uid is None:
        if len(known) >= MAX_KEPT:
            return []
        uid = device_uid(name)
        if uid in known.values():  # a name that an older device had before it was renamed
            uid = device_uid(f"{name} {ieee}")
        known[ieee] = uid
    names[name] = uid
    about = members(device.get("definition"))
    items: list[Item] = [
        Discovered(uid, gateway),
        Described(
            uid,
            name=name,
            model=word(about.get("model")) or word(device.get("model_id")),
            manufacturer=word(about.get("vendor")) or word(device.get("manufacturer")),
            firmware=word(device.get("software_build_id")),
            aliases=(ieee,),
        ),
    ]
    exposed: dict[str, Described] = {}
    for series in _exposed(uid, about.get("exposes"), (), MAX_NESTED):
        if len(exposed) >= MAX_EXPOSED:
            break
        exposed.setdefault(series.metric, series)
    return items + list(exposed.values())


def _exposed(uid: str, exposes: Any, inside: tuple[str, ...], depth: int) -> Iterator[Described]:
    """The series that are published, of a list of exposes and their features."""
    for expose in objects(exposes, MAX_EXPOSED):
        name = word(expose.get("property"))
        kind = KINDS.get(word(expose.get("type")), "")
        if not kind:
            # A composite is an object of its name; a light or a switch only groups its features.
            inner = (*inside, name) if expose.get("type") == "composite" and name else inside
            if depth:
                yield from _exposed(uid, expose.get("features"), inner, depth - 1)
            continue
        access = expose.get("access")
        metric = metric_name(*inside, name)
        if not metric or not (isinstance(access, int) and access & PUBLISHED):
            continue
        unit = normalised(word(expose.get("unit")))
        quantity = quantity_of(metric, unit)
        if kind == "gauge" and quantity == "energy":
            kind = "counter"
        if kind == "boolean" and not _is_switch(expose):
            kind = "text"  # LOCK and UNLOCK, say
        yield Described(
            uid, metric, unit=unit, kind=kind, label=word(expose.get("label")), quantity=quantity
        )


def _is_switch(expose: dict[str, Any]) -> bool:
    """Whether its two values come as booleans."""
    return expose.get("value_on") in (True, "ON") and expose.get("value_off") in (False, "OFF")
