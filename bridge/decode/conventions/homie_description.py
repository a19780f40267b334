"""What Homie says of devices: `$description` of version 5, the attributes of version 4. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.decode import documents
from bridge.decode.identity import bare_mac, device_uid, metric_name
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Problem,
    Reason,
    Rejected,
)
from bridge.decode.quantities import quantity_of
from bridge.decode.state import State
from bridge.decode.texts import members, word
from bridge.decode.tolerant import Undecodable
from bridge.decode.units import normalised
from bridge.message import Message

STATES = "states"  # the scope that has the `$state` of each device
TYPES = "types"  # the scope that has, by device, the types of its properties
CHILDREN = "children"  # the scope that has, by root, its children
MAX_DEVICES = 5_000  # of a scope
MAX_PROPERTIES = 500  # of a device
MAX_CHILDREN = 500  # of a root
NUMBERS = ("integer", "float")
DATATYPES = ("boolean", "string", "enum", "color", "datetime", "duration", "json", *NUMBERS)


def types_of(device: str, state: State) -> Mapping[str, str]:
    """The datatype of each property, by `node.property`, as far as it is told."""
    found = state.scope(TYPES).get(device)
    return found if isinstance(found, dict) else {}


def children_of(root: str, state: State) -> list[str]:
    """The devices below a root."""
    found = state.scope(CHILDREN).get(root)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def forget(device: str, state: State) -> None:
    """A device was removed."""
    for scope in (STATES, TYPES, CHILDREN):
        if device in state.scope(scope):
            state.remember(scope, device, None)


def described(device: str, message: Message, state: State) -> list[Item]:
    """Version 5: one document for the device, its nodes and their properties."""
    uid = device_uid(device)
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    if not isinstance(document, dict):
        return [Rejected(uid, Problem(Reason.WRONG_TYPE, "a description is an object"))]
    items: list[Item] = []
    parent = word(document.get("parent")) or word(document.get("root"))
    if parent:
        items.append(Discovered(uid, device_uid(parent)))
        _adopt(word(document.get("root")) or parent, device, state)
    items.append(Described(uid, name=word(document.get("name")), model=word(document.get("type"))))
    types: dict[str, str] = {}
    for series, datatype, key in _properties(uid, document):
        types[key] = datatype
        items.append(series)
    _keep_types(device, types, state)
    return items


def attribute(device: str, rest: list[str], message: Message, state: State) -> list[Item]:
    """Version 4: each attribute under a topic of its own."""
    uid = device_uid(device)
    said = word(message.payload.decode("utf-8", "replace"))
    *above, name = rest
    if rest == ["$fw", "version"] and said:
        return [Described(uid, firmware=said)]
    if not said or len(above) == 1 or (above and above[0].startswith("$")):
        # A node by itself is no series; the rest are the device's own figures and checksums.
        return [Ignored("attribute", name[:40], uid)]
    if not above:
        return _of_device(uid, name, said)
    if name == "$datatype":
        types = types_of(device, state)
        _keep_types(device, {**types, ".".join(above): said}, state)
    return _of_property(uid, metric_name(*above), name, said)


def _of_property(uid: str, metric: str, name: str, said: str) -> list[Item]:
    match name:
        case "$unit":
            unit = normalised(_unit(said))
            return [Described(uid, metric, unit=unit, quantity=quantity_of(metric, unit))]
        case "$name":
            return [Described(uid, metric, label=said)]
        case "$datatype":
            return [Described(uid, metric, kind=_kind(said))]
    return [Ignored("attribute", name[:40], uid)]


def _of_device(uid: str, name: str, said: str) -> list[Item]:
    match name:
        case "$name":
            return [Described(uid, name=said)]
        case "$mac":
            return [Described(uid, aliases=(bare_mac(said),))]
        case "$implementation":
            return [Described(uid, model=said)]
    return [Ignored("attribute", name[:40], uid)]


def _properties(uid: str, document: dict[str, Any]) -> Iterator[tuple[Described, str, str]]:
    """Each property that is described, with its datatype and its key among the types."""
    count = 0
    for node, about in members(document.get("nodes")).items():
        properties = members(members(about).get("properties"))
        for name, told in properties.items():
            count += 1
            metric = metric_name(node, name)
            if count > MAX_PROPERTIES or not isinstance(told, dict) or not metric:
                continue
            datatype = word(told.get("datatype"))
            unit = normalised(_unit(word(told.get("unit"))))
            label = f"{word(members(about).get('name'))} {word(told.get('name'))}".strip()
            quantity = quantity_of(metric, unit)
            kind = _kind(datatype)
            yield (
                Described(uid, metric, unit=unit, kind=kind, label=label, quantity=quantity),
                datatype,
                f"{node}.{name}",
            )


def _kind(datatype: str) -> str:
    if datatype in NUMBERS:
        return "gauge"
    if datatype == "boolean":
        return "boolean"
    return "text" if datatype in DATATYPES and datatype != "json" else ""


def _unit(told: str) -> str:
    """`#` is a count or an amount."""
    return "" if told == "#" else told


def _keep_types(device: str, types: dict[str, str], state: State) -> None:
    usable = {key: each for key, each in types.items() if each in DATATYPES}
    kept = dict(list(usable.items())[:MAX_PROPERTIES])
    state.keep(TYPES, device, kept or None, MAX_DEVICES)


def _adopt(root: str, device: str, state: State) -> None:
    """Note a child of a root."""
    children = children_of(root, state)
    if device in children:
        return
    if len(children) < MAX_CHILDREN:
        state.keep(CHILDREN, root, [*children, device], MAX_DEVICES)
    else:
        state.is_full = True
