"""How many messages of each dialect one core decodes in a second; no server.

What the simulator's devices say, 24 of them, 9 values a message or fewer; the first message of each
device, which describes it, is not measured.
"""

from __future__ import annotations

import json
import sys
import time

from bridge.decode import Decoder
from bridge.message import Message
from firmware_sim.dialects import DIALECTS, OWN
from firmware_sim.dialects.publication import Publication
from firmware_sim.fleet import Identity, build_fleet
from firmware_sim.payload import Form, Sample, encode

DEVICES = 24  # four of each kind
ROUNDS = 20  # measurements of each device
REPEATS = 15  # of which the fastest counts: others share the machine
BEGIN = 1_764_244_800.0  # Unix seconds


def spoken(device: Identity, name: str) -> list[Publication]:
    """What a device says in `ROUNDS` measurements."""
    model = device.model(1, device.uid)
    said: list[Publication] = []
    for number in range(ROUNDS):
        at = BEGIN + number
        values = model.measure(at)
        if name == OWN:
            ms = round(at * 1_000)
            payload = encode((Sample(ms, ms, values),), Form.STAMPED, fresh=True)
            said.append(Publication(f"devices/{device.uid}/telemetry", payload))
        else:
            said += DIALECTS[name].readings(device, values, at)
    return said


def rate(name: str) -> int:
    """Messages a second of CPU time."""
    received_us = round((BEGIN + ROUNDS) * 1e6)
    messages = [
        Message(topic.encode(), payload, 1, False, retain, b"", received_us)
        for device in build_fleet(DEVICES, seed=1, rate=1.0)
        for topic, payload, retain in spoken(device, name)
    ]
    fastest = float("inf")
    decoder = Decoder()
    for repeat in range(REPEATS + 1):
        if name == "meshtastic":  # which hears a packet once
            decoder = Decoder()
        began = time.process_time()
        for message in messages:
            decoder.decode(message)
        if repeat:
            fastest = min(fastest, time.process_time() - began)
    return round(len(messages) / fastest)


def main() -> int:
    rates = {name: rate(name) for name in (OWN, *DIALECTS)}
    for name, messages in rates.items():
        sys.stdout.write(f"{name:20} {messages:8} messages/s of one core\n")
    sys.stdout.write(json.dumps({"messages_per_cpu_s": rates}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
