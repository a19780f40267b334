"""How many messages of each dialect one core decodes in a second; no server.

What the simulator's devices say, 24 of them, 9 values a message or fewer; the first message of each
device, which describes it, is not measured.
"""

from __future__ import annotations

import json
import sys
import time

from bridge.decode import Decoder
from bridge.decode.items import Telemetry
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


def messages_of(name: str) -> list[Message]:
    """What the devices say, device by device."""
    received_us = round((BEGIN + ROUNDS) * 1e6)
    return [
        Message(topic.encode(), payload, 1, False, retain, b"", received_us)
        for device in build_fleet(DEVICES, seed=1, rate=1.0)
        for topic, payload, retain in spoken(device, name)
    ]


def readings_a_message(messages: list[Message]) -> float:
    """The mean; dialects differ by what a message holds, from one value to a tracker's eighteen."""
    decoder = Decoder()
    said = [item for message in messages for item in decoder.decode(message)]
    samples = [sample for item in said if isinstance(item, Telemetry) for sample in item.samples]
    return sum(len(sample.values) for sample in samples) / len(messages)


def rate(name: str, messages: list[Message]) -> int:
    """Messages a second of CPU time."""
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
    rates, readings = {}, {}
    for name in (OWN, *DIALECTS):
        messages = messages_of(name)
        each = readings_a_message(messages)
        rates[name] = rate(name, messages)
        readings[name] = round(rates[name] * each)
        told = f"{rates[name]:8} messages/s of one core, {readings[name]:8} readings/s"
        sys.stdout.write(f"{name:20} {told}, {each:.1f} a message\n")
    both = {"messages_per_cpu_s": rates, "readings_per_cpu_s": readings}
    sys.stdout.write(json.dumps(both) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
