"""What the simulator speaks in a dialect is what its convention reads, with nothing configured."""

from __future__ import annotations

import pytest

from bridge.decode import CONVENTIONS, Decoder
from bridge.decode.conventions import homeassistant as read_homeassistant
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Rejected,
    Remembered,
    Telemetry,
)
from bridge.decode.state import Facts
from devices.topic_filter import matches
from firmware_sim.dialects import ALL, Dialect, convention, homeassistant
from firmware_sim.dialects.publication import Publication, in_unit
from firmware_sim.fleet import Identity, build_fleet
from firmware_sim.models import MODELS
from tests.spoken import numbers, read

NOW = 1_764_244_800.0  # Unix seconds
EACH = pytest.mark.parametrize("dialect", ALL, ids=[each.NAME for each in ALL])
ANNOUNCED = (homeassistant,)  # whose topics its announcement alone explains
RUUVI = {"temperature": "°C", "humidity": "%", "pressure": "hPa"}  # what its tags measure
FLEET = build_fleet(len(MODELS), seed=1, rate=1.0)  # one of each kind


def said(decoder: Decoder, publications: list[Publication]) -> list[Item]:
    return read(decoder, publications, NOW)


@EACH
@pytest.mark.parametrize("device", FLEET, ids=[each.model.kind for each in FLEET])
def test_a_measurement_arrives_under_one_device(dialect: Dialect, device: Identity) -> None:
    values = device.model(1, device.uid).measure(NOW)
    publications = dialect.readings(device, values, NOW)
    for topic, payload, _ in publications:
        claims = {each.NAME: each.matches(topic, payload) for each in CONVENTIONS}
        assert dialect in ANNOUNCED or max(claims, key=lambda name: claims[name]) == convention(
            dialect.NAME
        )
    decoder = Decoder(Facts())
    if dialect in ANNOUNCED:
        said(decoder, dialect.announce(device))
    items = said(decoder, publications)
    assert not [item for item in items if isinstance(item, Rejected | Ignored)]
    telemetry = [item for item in items if isinstance(item, Telemetry)]
    assert len({item.uid for item in telemetry}) == 1
    assert not [item.problems for item in telemetry if item.problems]
    stored = {
        metric: value
        for item in telemetry
        for sample in item.samples
        for metric, value in sample.values.items()
    }
    if dialect.NAME == "ruuvi":  # which has words for one number of each of these units
        held = {name for name, unit in RUUVI.items() if in_unit(device, values, unit) is not None}
        assert stored.keys() & {*RUUVI, "voltage"} == held | {"voltage"}
        if "temperature" in held:
            assert stored["temperature"] == pytest.approx(in_unit(device, values, "°C"), abs=0.01)
    elif dialect.NAME == "cayennelpp":  # which rounds to what its types hold
        held = [each for each in values.values() if not isinstance(each, str)]
        assert len(stored) == len(held)
    else:
        missing = [each for each in numbers(values) if each not in numbers(stored)]
        assert not missing
    times = {sample.time_us for item in telemetry for sample in item.samples}
    assert times == ({int(NOW * 1e6)} if dialect.STAMPED else {0})


@EACH
def test_the_same_device_is_the_same_again_and_others_are_others(dialect: Dialect) -> None:
    decoder = Decoder(Facts())
    uids = []
    for time in (NOW, NOW + 1):
        items_of = [
            said(decoder, dialect.readings(each, each.model(1, each.uid).measure(time), time))
            for each in FLEET
        ]
        uids += [{item.uid for item in items if isinstance(item, Telemetry)} for items in items_of]
    assert uids[: len(FLEET)] == uids[len(FLEET) :]
    assert len(set.union(*uids)) == len(FLEET)


@EACH
def test_what_it_announces_and_its_will_are_understood(dialect: Dialect) -> None:
    device = FLEET[0]
    will = dialect.will(device)
    items = said(Decoder(Facts()), [*dialect.announce(device), *([will] if will else [])])
    told = [item for item in items if not isinstance(item, Remembered)]
    if dialect.NAME == "homie4":  # whose attributes are not all of use
        told = [each for each in told if getattr(each, "reason", "") != "attribute"]
    assert all(isinstance(item, Presence | Described | Discovered) for item in told)
    if will is not None:
        assert [item.online for item in items if isinstance(item, Presence)] == [True, False]


@EACH
def test_the_conventions_listen_to_it(dialect: Dialect) -> None:
    (reader,) = [each for each in CONVENTIONS if convention(dialect.NAME) == each.NAME]
    if not reader.FILTERS:
        return  # any topic, of the user's own filters
    device = FLEET[0]
    values = device.model(1, device.uid).measure(NOW)
    will = dialect.will(device)
    spoken = [*dialect.announce(device), *dialect.readings(device, values, NOW)]
    heard = [each for one in (reader, read_homeassistant) for each in one.FILTERS]
    for topic, *_ in [*spoken, *([will] if will else [])]:
        assert any(matches(each, topic) for each in heard)
