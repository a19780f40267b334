"""The keys of a discovery message, written out: devices save bytes and abbreviate them. Pure.

home-assistant.io source/_integrations/mqtt.markdown lists some two hundred abbreviations. They are
made of the same words, so the words are written out here.
"""

from __future__ import annotations

from typing import Any

_WHOLE = {
    "t": "topic",
    "p": "platform",
    "o": "origin",
    "dev": "device",
    "cmps": "components",
    "hum_stat_t": "target_humidity_state_topic",
    "hum_stat_tpl": "target_humidity_state_template",
}
_WORDS = {
    "act": "action",
    "aft": "after",
    "attr": "attributes",
    "aux": "aux",
    "avail": "available",
    "avty": "availability",
    "bat": "battery",
    "bri": "brightness",
    "cat": "category",
    "chrg": "charging",
    "cla": "class",
    "cln": "cleaning",
    "clr": "color",
    "clrm": "color_mode",
    "cmd": "command",
    "curr": "current",
    "dev": "device",
    "dir": "direction",
    "dock": "docked",
    "dsp": "display",
    "ent": "entity",
    "err": "error",
    "exp": "expire",
    "fanspd": "fan_speed",
    "fx": "effect",
    "hi": "high",
    "hum": "humidity",
    "l": "latest",
    "lev": "level",
    "lo": "low",
    "lrst": "last_reset",
    "meas": "measurement",
    "obj": "object",
    "osc": "oscillation",
    "pct": "percentage",
    "pl": "payload",
    "pos": "position",
    "pow": "power",
    "pr": "preset",
    "prc": "precision",
    "spd": "speed",
    "stat": "state",
    "sug": "suggested",
    "t": "topic",
    "temp": "temperature",
    "tpl": "template",
    "uniq": "unique",
    "val": "value",
    "ver": "version",
    "whit": "white",
}
_DEVICE = {
    "cns": "connections",
    "ids": "identifiers",
    "mf": "manufacturer",
    "mdl": "model",
    "sw": "sw_version",
    "sa": "suggested_area",
    "sn": "serial_number",
}
COLOR_TEMP = "color_temp"  # of light, in mireds: the one `temp` that is written so in whole names
MAX_KEYS = 300  # of one entity


def written_out(config: dict[str, Any]) -> dict[str, Any]:
    """The members of an entity by whole names, with `~` in its topics replaced."""
    base = config.get("~")
    found: dict[str, Any] = {}
    for key, told in list(config.items())[:MAX_KEYS]:
        name = _WHOLE.get(key) or "_".join([_WORDS.get(word, word) for word in key.split("_")])
        name = name.replace("color_temperature", COLOR_TEMP)
        found[name] = told
        if isinstance(told, str) and isinstance(base, str) and name.endswith("topic"):
            found[name] = with_base(told, base)
    return found


def with_base(topic: str, base: str) -> str:
    """The topic with the base for a `~` at its start or its end."""
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def device_written_out(device: dict[str, Any]) -> dict[str, Any]:
    """The members of the device of an entity by whole names."""
    return {_DEVICE.get(key, key): value for key, value in list(device.items())[:MAX_KEYS]}
