"""Samples as bytes: the four telemetry forms of `devices/{uid}/telemetry`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from firmware_sim.models import Values


class Form(Enum):
    """How the firmware of one kind of device writes a fresh measurement."""

    FLAT = "flat"  # {"temperature": 21.5}: the receiver's clock counts
    STAMPED = "stamped"  # {"ts": ms, "values": {…}}
    STAMPED_ISO = "stamped-iso"  # {"ts": "2026-01-01T00:00:00.000Z", "values": {…}}
    FLAT_ARRAY = "flat-array"  # [{"a": 1}, {"b": 2}]
    STAMPED_ARRAY = "stamped-array"  # [{"ts": ms, "values": {…}}, …]


UNSTAMPED = frozenset({Form.FLAT, Form.FLAT_ARRAY})


class Sample(NamedTuple):
    """One measurement of everything a device measures."""

    at: int  # Unix ms, true time
    ts: int  # Unix ms by the device's own clock, which may be wrong
    values: Values  # dotted metric to value


def nest(values: Values) -> dict[str, Any]:
    """Dotted metrics as nested objects: {"x.rms": 1} as {"x": {"rms": 1}}."""
    tree: dict[str, Any] = {}
    for metric, value in values.items():
        *parents, leaf = metric.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def encode(samples: Sequence[Sample], form: Form, *, fresh: bool) -> bytes:
    """The message for `samples`.

    What was kept while offline always carries its time, also from firmware that otherwise sends
    none: the receive time would put the whole outage at one moment.
    """
    if not fresh:
        iso = form is Form.STAMPED_ISO
        return _dump([_stamped(sample, iso=iso) for sample in samples])
    match form:
        case Form.FLAT:
            return _dump(nest(samples[0].values))
        case Form.STAMPED:
            return _dump(_stamped(samples[0]))
        case Form.STAMPED_ISO:
            return _dump(_stamped(samples[0], iso=True))
        case Form.FLAT_ARRAY:
            tree = nest(samples[0].values)
            names = list(tree)
            half = (len(names) + 1) // 2
            return _dump(
                [{name: tree[name] for name in part} for part in (names[:half], names[half:])]
            )
        case Form.STAMPED_ARRAY:
            return _dump([_stamped(sample) for sample in samples])


def _stamped(sample: Sample, *, iso: bool = False) -> dict[str, Any]:
    ts: int | str = sample.ts
    if iso:
        moment = datetime.fromtimestamp(sample.ts / 1000.0, UTC)
        ts = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"ts": ts, "values": nest(sample.values)}


def _dump(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
