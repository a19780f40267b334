"""Series of many devices are read and made in a bounded number of queries."""

import numpy as np
import pytest

from devices.models import Device
from telemetry.models import Series
from telemetry.series.registry import SeriesRegistry

pytestmark = pytest.mark.django_db


def test_a_new_fleet_costs_as_many_queries_as_one_device(django_assert_max_num_queries):
    devices = [Device.objects.create(uid=f"d{n}", name=f"d{n}") for n in range(50)]
    registry = SeriesRegistry()
    with django_assert_max_num_queries(3):
        registry.load(device.id for device in devices)
        registry.create({(device.id, "t"): "gauge" for device in devices})
        found = [registry.of(device.id) for device in devices]
    made = registry.take_changed()
    assert sorted(series.id for series in made) == sorted(each["t"] for each in found)
    assert registry.take_changed() == []
    assert registry.device_of == {series.id: series.device_id for series in made}


def test_devices_read_before_are_not_read_again(django_assert_num_queries):
    device = Device.objects.create(uid="d", name="d")
    registry = SeriesRegistry()
    registry.load([device.id])
    with django_assert_num_queries(0):
        registry.load([device.id])
        assert registry.of(device.id) == {}


@pytest.fixture
def device():
    return Device.objects.create(uid="d", name="d")


def loaded(device, kind, chosen=()):
    """A registry that knows one series of this kind, and that series."""
    series = Series.objects.create(device=device, metric="m", kind=kind, chosen=list(chosen))
    registry = SeriesRegistry()
    registry.load_all()
    return registry, series


def test_a_number_for_a_series_of_words_is_seen_and_changes_its_kind_once(device):
    registry, series = loaded(device, "text")
    shape = ("m",)
    assert registry.ids[device.id].packed(shape) is None
    assert registry.ids[device.id].holds({"m": "on"})
    assert not registry.ids[device.id].holds({"m": 21.5})
    registry.follow({series.id: "gauge"})
    (changed,) = registry.take_changed()
    assert (changed.id, changed.metric, changed.kind) == (series.id, "m", "gauge")
    assert registry.ids[device.id].packed(shape) is not None
    assert registry.ids[device.id].holds(
        {
            "m": "on",
        }
    )
    registry.follow({series.id: "gauge"})
    assert registry.take_changed() == []


def test_what_an_operator_chose_stays(device):
    registry, series = loaded(device, "text", chosen=["kind"])
    assert registry.ids[device.id].packed(("m",)) is not None
    registry.follow({series.id: "gauge"})
    assert registry.take_changed() == []
    series.refresh_from_db()
    assert series.kind == "text"


def test_a_choice_made_meanwhile_is_learnt_when_it_matters(device):
    registry, series = loaded(device, "text")
    Series.objects.update(chosen=["kind"])
    registry.follow({series.id: "gauge"})
    assert registry.take_changed() == []
    assert registry.ids[device.id].packed(("m",)) is not None


@pytest.mark.parametrize(
    ("kind", "chosen", "value", "outgrows"),
    [
        ("boolean", (), 21.5, True),
        ("boolean", (), 1.0, False),
        ("boolean", (), 0.0, False),
        ("boolean", ("kind",), 21.5, False),
        ("gauge", (), 21.5, False),
    ],
)
def test_a_boolean_is_outgrown_by_what_is_neither_0_nor_1(device, kind, chosen, value, outgrows):
    registry, series = loaded(device, kind, chosen)
    ids = np.array([series.id, 2**31 - 1], dtype=np.int32)
    assert registry.outgrown(ids, np.array([value, 7.0])) == ({series.id} if outgrows else set())
