"""Series of many devices are read and made in a bounded number of queries."""

import pytest

from devices.models import Device
from telemetry.series.registry import SeriesRegistry

pytestmark = pytest.mark.django_db


def test_a_new_fleet_costs_as_many_queries_as_one_device(django_assert_max_num_queries):
    devices = [Device.objects.create(uid=f"d{n}", name=f"d{n}") for n in range(50)]
    registry = SeriesRegistry()
    with django_assert_max_num_queries(3):
        registry.load(device.id for device in devices)
        made = registry.create({(device.id, "t"): "gauge" for device in devices})
        found = [registry.of(device.id) for device in devices]
    assert sorted(series.id for series in made) == sorted(each["t"] for each in found)
    assert registry.device_of == {series.id: series.device_id for series in made}


def test_devices_read_before_are_not_read_again(django_assert_num_queries):
    device = Device.objects.create(uid="d", name="d")
    registry = SeriesRegistry()
    registry.load([device.id])
    with django_assert_num_queries(0):
        registry.load([device.id])
        assert registry.of(device.id) == {}
