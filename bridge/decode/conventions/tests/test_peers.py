"""What libraries of others encode is read: pycayennelpp and micropython-senml, as devices use them.

Clients that need other packages than ours, for Sparkplug and ThingsBoard, run beside a bridge in
`tests/test_mixed_fleet.py`. Node-RED is not among them: it takes longer to install than the rest of
the tools together, and what it publishes is any JSON.
"""

from __future__ import annotations

import cayennelpp
import senml

from bridge.decode import Decoder
from bridge.decode.identity import device_uid
from bridge.decode.items import Item, Telemetry
from bridge.message import Message

NOW = 1_700_000_000_000_000  # Unix microseconds


def values(topic: str, payload: bytes) -> dict[str, dict[int, dict[str, object]]]:
    items: list[Item] = Decoder().decode(
        Message(topic.encode(), payload, 1, False, False, b"", NOW)
    )
    found: dict[str, dict[int, dict[str, object]]] = {}
    for item in items:
        if isinstance(item, Telemetry):
            assert not item.problems
            for sample in item.samples:
                found.setdefault(item.uid, {}).setdefault(sample.time_us, {}).update(sample.values)
    return found


def test_pycayennelpp() -> None:
    frame = cayennelpp.LppFrame()
    frame.add_temperature(1, -7.5)
    frame.add_humidity(2, 45.5)
    frame.add_barometer(3, 1013.2)
    frame.add_gps(4, -33.8688, 151.2093, 58.25)
    frame.add_accelerometer(5, 0.123, -0.5, 1.0)
    frame.add_voltage(6, 3.65)
    frame.add_energy(7, 12.345)
    frame.add_direction(8, 359)
    frame.add_digital_input(9, 1)
    expected = {"temperature_1": -7.5, "relative_humidity_2": 45.5, "voltage_6": 3.65}
    expected |= {"barometric_pressure_3": 1013.2, "energy_7": 12.345, "direction_8": 359}
    expected |= {"gps_4.latitude": -33.8688, "gps_4.longitude": 151.2093, "gps_4.altitude": 58.25}
    expected |= {
        f"accelerometer_5.{axis}": n for axis, n in zip("xyz", (0.123, -0.5, 1.0), strict=True)
    }
    assert values("node-1/lpp", bytes(frame)) == {"node-1": {0: expected | {"digital_in_9": 1}}}


def test_micropython_senml() -> None:
    pack = senml.SenmlPack("urn:dev:mac:0024befffe804ff1:")
    pack.base_time = 1_600_000_000
    celsius = senml.SenmlUnits.SENML_UNIT_DEGREES_CELSIUS
    pack.add(senml.SenmlRecord("temp", unit=celsius, value=21.5, time=1_600_000_005))
    pack.add(senml.SenmlRecord("open", value=True))
    pack.add(senml.SenmlRecord("label", value="Machine Room"))
    uid = device_uid("urn:dev:mac:0024befffe804ff1")
    base = 1_600_000_000_000_000
    expected = {
        uid: {base + 5_000_000: {"temp": 21.5}, base: {"open": True, "label": "Machine Room"}}
    }
    assert values("senml/hall", pack.to_json().encode()) == expected
    assert values("senml/hall", pack.to_cbor()) == expected
