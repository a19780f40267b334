"""Shelly Gen2 and later: components with their status, whole or as what changed. Pure.

`NotifyStatus` is an overlay: what it does not name is unchanged, what it names as null is gone. A
device usually tells the same twice, there and under `status/<component>`; then the notifications
count, for they have a time.
"""

from __future__ import annotations

from typing import Any

from bridge.decode import device_time, documents
from bridge.decode.conventions.shelly.quantities import described
from bridge.decode.flattening import flattened
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Rejected,
    Sample,
    Telemetry,
)
from bridge.decode.state import State
from bridge.decode.texts import members, objects, word
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

# Components without a number. Of most only the connection is told, which is no reading.
READ = ("sys", "wifi", "eth")
PLAIN = (*READ, "cloud", "mqtt", "ble", "ws", "ht_ui", "bthome", "knx", "plugs_ui", "modbus")
# What of a component is no reading: its configuration, its own clock, and what it tells twice.
# `by_minute` is the energy of the last minutes, stamped by `minute_ts`; the total has it already.
NO_READINGS = frozenset(
    {"id", "source", "tF", "by_minute", "minute_ts", "timer_started_at", "timer_duration"}
    | {"errors", "mac", "time", "unixtime", "last_sync_ts", "last_updated_ts", "packet_id"}
    | {"last_update_ts", "xby_minute"}
    | {"available_updates", "cfg_rev", "kvs_rev", "schedule_rev", "webhook_rev", "btrelay_rev"}
    | {"reset_reason", "wakeup_reason", "wakeup_period", "utc_offset", "sta_ip", "sta_ip6", "ip"}
    | {"ssid", "bssid", "status", "ram_size", "ram_min_free", "fs_size", "ap_client_count"}
    | {"restart_required", "user_calibrated_phase", "flags", "aux", "move_started_at"}
)
NOTIFIED_US = 900_000_000  # a quarter of an hour: so long a device that notifies is expected to
RPC = "notifies"  # the note that it does
EVENTS_READ = ("single_push", "double_push", "triple_push", "long_push", "btn_down", "btn_up")
MAX_EVENTS = 50  # of one message


def said(uid: str, channel: str, message: Message, state: State) -> list[Item]:
    """One message of a device, by the channel below its prefix."""
    if channel == "events/rpc":
        return _notified(uid, message, state)
    above, _, component = channel.partition("/")
    if above == "status" and component:
        return _status(uid, component, message, state)
    return [Ignored("other_channel", channel[:40], uid)]


def _notified(uid: str, message: Message, state: State) -> list[Item]:
    """A message of `events/rpc`."""
    try:
        told = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    method, params = word(told.get("method")), members(told.get("params"))
    if method == "NotifyEvent":
        return _events(uid, params, message)
    if method not in ("NotifyStatus", "NotifyFullStatus"):
        return [Ignored("other_method", method[:40], uid)]
    state.context.note(uid, RPC, message.received_us)
    time_us = _time(params.get("ts"), message.received_us)
    source = word(told.get("src"))
    aliases = (source,) if source and source != uid else ()
    components = {name: each for name, each in params.items() if name != "ts"}
    return _components(uid, components, time_us, aliases, message, state)


def _status(uid: str, component: str, message: Message, state: State) -> list[Item]:
    """The whole status of one component."""
    if not message.payload:
        return [Ignored("cleared", component[:40], uid)]
    if state.context.within(uid, RPC, message.received_us, NOTIFIED_US):
        return [Ignored("said_by_notification", component[:40], uid)]
    try:
        told = documents.read_object(message.payload)
    except Undecodable as exc:
        return [Rejected(uid, exc.problem)]
    return _components(uid, {component: told}, 0, (), message, state)


def _components(
    uid: str,
    components: dict[str, Any],
    time_us: int,
    aliases: tuple[str, ...],
    message: Message,
    state: State,
) -> list[Item]:
    read = {
        name: each
        for name, each in components.items()
        if isinstance(each, dict) and (":" in name or name in READ)
    }
    mac = word(members(components.get("sys")).get("mac")).upper()
    aliases = (*aliases, mac) if mac else aliases
    flat = flattened(read, ignored=NO_READINGS)
    items: list[Item] = []
    if flat.values or flat.problems:
        items.append(flat.telemetry(uid, time_us))
    if aliases and state.context.due(uid, aliases, message.received_us):
        items.append(Described(uid, manufacturer="Shelly", aliases=aliases))
    if flat.values and state.context.due(uid, tuple(flat.values), message.received_us):
        items += described(uid, flat.values)
    return items or [Ignored("no_values", next(iter(components), "")[:40], uid)]


def _events(uid: str, params: dict[str, Any], message: Message) -> list[Item]:
    """Pushes of buttons; other events are of the device's own life (`config_changed`)."""
    samples = []
    for each in objects(params.get("events"), MAX_EVENTS):
        component, event = word(each.get("component")), word(each.get("event"))
        if component and event in EVENTS_READ:
            stamp = each.get("ts", params.get("ts"))
            time_us = _time(stamp, message.received_us)
            samples.append(Sample(time_us, {f"{component}.event": event}))
    return [Telemetry(uid, samples)] if samples else [Ignored("device_event", "", uid)]


def _time(stamp: Any, received_us: int) -> int:
    """Unix microseconds of seconds; 0 before the clock was set: it counts from the start then."""
    if type(stamp) is not int and type(stamp) is not float:
        return 0
    return device_time.read_or_0(stamp * 1_000, received_us)
