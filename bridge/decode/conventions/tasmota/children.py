"""Devices behind a Tasmota bridge: Zigbee, LoRaWAN and BLE. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from bridge.decode.conventions.tasmota import quantities
from bridge.decode.conventions.tasmota.topics import Place
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Discovered, Item, Value
from bridge.decode.state import State
from bridge.decode.texts import members, word
from bridge.message import Message

ZIGBEE, LORA = "ZbReceived", "LwReceived"
CHANNELS = (ZIGBEE, LORA)
INFORMATION = "ZbInfo"  # what the bridge knows of a child, its last values, whenever they came
# What else the Zigbee bridge tells under SENSOR: of its own work, and answers to commands.
BRIDGE_WORK = re.compile(r"Zb(?:State|Response|Status|Light|Bind|Unbind|Ping|Leave|Scan|Map|Name)")
MAX_CHILDREN = 200  # of one message
_SHORT = re.compile(r"0x[0-9A-Fa-f]{4}")
# What the BLE drivers call a sensor: its kind and the end of its MAC address.
_BLE = re.compile(r"\w{2,20}-[0-9a-f]{6}", re.ASCII)
_ENDPOINT = re.compile(r"_\d{1,3}$", re.ASCII)
_RAW = re.compile(r"[0-9A-F]{4}[!/<]")  # a Zigbee attribute or command without a name
_GROUPS = re.compile(r"(?:Add|Get|View|Remove|RemoveAll)Group")  # which a child is of: an answer
# What of a child is no reading.
_ABOUT = frozenset(
    {
        "Device",
        "Name",
        "ModelId",
        "Manufacturer",
        "Endpoint",
        "Group",
        "Cluster",
        "IEEEAddr",
        "Time",
    }
    | {
        *quantities.UNIT_KEYS,
        "Node",
        "DevEUIh",
        "DevEUIl",
        "FPort",
        "Payload",
        "Decoder",
        "Events",
        "LastEvent",
        "MAC",
    }
)


class Child(NamedTuple):
    """A device that the gateway speaks for."""

    uid: str
    gateway: str
    told: dict[str, Any]
    lora: bool
    measures: bool = True  # else it is described alone


def apart(found: Place, document: dict[str, Any]) -> tuple[dict[str, Any], list[Child]]:
    """What the device says of itself, and of those behind it."""
    own: dict[str, Any] = {}
    children: list[Child] = []
    if found.channel in CHANNELS and not _holds_objects(document):
        # SetOption118 and 119: the address is in the topic alone.
        gateway, _, address = found.native.rpartition("/")
        return {}, [_child(gateway or found.native, address, document, found.channel)]
    if found.channel in CHANNELS:
        document = {found.channel: document}
    for name, value in document.items():
        if name in CHANNELS:
            told = members(value)
            gateway = _gateway(found.native, told)
            children += [_child(gateway, key, members(each), name) for key, each in told.items()]
        elif name == INFORMATION:
            children += [
                _child(found.native, key, members(each), ZIGBEE)._replace(measures=False)
                for key, each in members(value).items()
            ]
        elif BRIDGE_WORK.match(name):
            continue
        elif isinstance(value, dict) and _SHORT.fullmatch(name):  # SetOption100
            gateway = _gateway(found.native, {name: value})
            children.append(_child(gateway, name, value, ZIGBEE))
        elif isinstance(value, dict) and _BLE.fullmatch(name):
            # Several bridges hear the same one: it is one device, whoever tells of it.
            children.append(Child(device_uid(name), device_uid(found.native), value, False))
        elif name == "IBEACON" and (mac := word(members(value).get("MAC"))):
            children.append(Child(device_uid(mac), device_uid(found.native), members(value), False))
        else:
            own[name] = value
    return own, children[:MAX_CHILDREN]


def said(
    child: Child,
    time_us: int,
    read_text: Callable[[str], Value | None],
    message: Message,
    state: State,
) -> list[Item]:
    """The items of one child."""
    told = {
        name: value
        for name, value in child.told.items()
        if not (_RAW.match(name) or _GROUPS.match(name))
    }
    flat = flattened(told if child.measures else {}, read_text=read_text, ignored=_ABOUT)
    items: list[Item] = []
    if flat.values or flat.problems:
        items.append(flat.telemetry(child.uid, time_us))
    about = _about(child)
    if state.context.due(child.uid, (tuple(flat.values), about[1:]), message.received_us):
        items += [Discovered(child.uid, child.gateway), _described(child.uid, about)]
        units = quantities.units_of(told)
        for series in quantities.described(child.uid, flat.values, units):
            volts = child.lora and series.metric == "Battery"  # the decoders give the voltage
            items.append(
                Described(series.uid, series.metric, unit="V", kind="gauge", quantity="voltage")
                if volts
                else series
            )
    return items


def _child(gateway: str, key: str, told: dict[str, Any], channel: str) -> Child:
    """A short address belongs to one network only, so the child's uid has its gateway's name in it;
    the name it was given stays when it joins again under another address."""
    name = word(told.get("Name")) or key
    return Child(device_uid(f"{gateway}_{name}"), device_uid(gateway), told, channel == LORA)


def _gateway(native: str, told: dict[str, Any]) -> str:
    """The bridge: SetOption89 puts the address of a child below the bridge's name, SetOption112 its
    name, and SetOption120 adds the endpoint."""
    above, _, last = native.rpartition("/")
    if not above or len(told) != 1:
        return native
    ((key, value),) = told.items()
    child = members(value)
    called = {key, word(child.get("Name")), word(child.get("Device"))}
    address = _ENDPOINT.sub("", last).lower()
    return above if address in {each.removeprefix("0x").lower() for each in called} else native


def _about(child: Child) -> tuple[str, str, str, str, str]:
    told = child.told
    high, low = word(told.get("DevEUIh")), word(told.get("DevEUIl"))
    alias = word(told.get("IEEEAddr")) or (high + low) or word(told.get("MAC"))
    model, maker = word(told.get("ModelId")), word(told.get("Manufacturer"))
    return child.uid, word(told.get("Name")), model, maker, alias


def _described(uid: str, about: tuple[str, str, str, str, str]) -> Described:
    _, name, model, maker, alias = about
    return Described(
        uid, name=name, model=model, manufacturer=maker, aliases=(alias,) if alias else ()
    )


def _holds_objects(document: dict[str, Any]) -> bool:
    return any(isinstance(value, dict) for value in document.values())
