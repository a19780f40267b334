"""Which topics a device may use, and who may give them: tried by who administers one site."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from access.roles import Role
from access.scope import Scope
from devices.given_topics import check_given
from devices.models import Device, DeviceAlias, Site
from devices.mqtt_rights import topics_of, topics_of_devices
from tests.granted import may

pytestmark = pytest.mark.django_db


@pytest.fixture
def near() -> Site:
    return Site.objects.create(slug="near", name="Near")


@pytest.fixture
def far() -> Site:
    site = Site.objects.create(slug="far", name="Far")
    device = Device.objects.create(
        uid="far-1", name="far-1", site=site, mqtt_filters=["zigbee2mqtt/hall/#"]
    )
    DeviceAlias.objects.create(alias="far-alias", device=device)
    return site


@pytest.fixture
def keeper(near: Site, far: Site) -> User:
    return may(User.objects.create_user("keeper", is_staff=True), (Role.ADMINISTRATOR, near))


NOT_HIS = {
    "devices/far-1/#": "devices/far-1/ is not yours to give.",
    "devices/far-1/telemetry": "devices/far-1/ is not yours to give.",
    "devices/far-alias/#": "devices/far-alias/ is not yours to give.",
    "devices/far-removed/#": "devices/far-removed/ is not yours to give.",
    "zigbee2mqtt/#": "'zigbee2mqtt/#' names topics of a device that is not yours.",
    "zigbee2mqtt/+/set": "'zigbee2mqtt/+/set' names topics of a device that is not yours.",
    "zigbee2mqtt/hall/#": "'zigbee2mqtt/hall/#' names topics of a device that is not yours.",
}


def test_nobody_gives_away_topics_of_a_device_he_may_not_see(keeper, near, far):
    Device.objects.create(uid="far-removed", name="x", site=far, removed_at="2026-01-01T00:00Z")
    Device.objects.create(uid="near-1", name="near-1", site=near)
    client = APIClient()
    client.force_authenticate(keeper)
    for each, said in NOT_HIS.items():
        new = {"uid": "new", "site": "near", "mqtt_filters": [each]}
        for answer in (
            client.post("/api/v1/devices/", new),
            client.patch("/api/v1/devices/near-1/", {"mqtt_filters": [each]}),
        ):
            assert (answer.status_code, answer.json()) == (400, {"mqtt_filters": [said]}), each
        with pytest.raises(ValidationError):
            check_given(Scope.of(keeper), [each], "near-1", near.pk)
    mine = {"mqtt_filters": ["zigbee2mqtt/cellar/#", "devices/near-2/#"]}
    assert client.patch("/api/v1/devices/near-1/", mine).status_code == 200


def test_the_admin_goes_by_the_same_rule(admin_user, near, far):
    device = Device.objects.create(uid="near-1", name="near-1", site=near)
    client = Client()
    client.force_login(admin_user)
    page = f"/admin/devices/device/{device.pk}/change/"
    for filters, said in (("#", "names topics of anybody"), ("devices/far-1/#", "another site")):
        form = {"name": "n", "site": near.pk, "expected_interval": 60, "mqtt_filters": filters,
                "metadata": "{}"}  # fmt: skip
        inlines = client.get(page).context["inline_admin_formsets"]
        for inline in inlines:
            form |= {
                f"{inline.formset.prefix}-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")
            }
        answer = client.post(page, form)
        assert said in answer.content.decode()
    assert Device.objects.get(uid="near-1").mqtt_filters == []


def topics(device: Device) -> list[str]:
    return topics_of_devices([device.pk])[device.pk]


def told() -> set[str]:
    """Whom the broker is to be told of; forgets it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM devices_brokeraccount RETURNING uid")
        return {uid for (uid,) in cursor}


def test_a_gateway_speaks_for_devices_of_its_site_wherever_they_go(near, far):
    gateway = Device(
        uid="gateway", name="g", site=near, mqtt_filters=["devices/child/#", "tele/a/#"]
    )
    gateway.issue_token()
    gateway.save()
    without = ["devices/gateway/#", "tele/a/#"]
    whole = ["devices/child/#", *without]
    assert topics(gateway) == whole  # nobody has that uid yet
    told()
    child = Device.objects.create(uid="child", name="c", site=far)  # by somebody else
    assert (topics(gateway), told()) == (without, {"gateway"})
    Device.objects.filter(pk=child.pk).update(site=near)
    assert (topics(gateway), told()) == (whole, {"gateway"})
    Device.objects.filter(pk=child.pk).update(uid="renamed", site=far)
    assert (topics(gateway), told()) == (whole, {"gateway", "renamed", "child"})
    DeviceAlias.objects.create(alias="child", device=child)
    assert (topics(gateway), told()) == (without, {"gateway"})
    Device.objects.filter(pk=gateway.pk).update(site=None)  # whoever did administers every site
    assert (topics(gateway), told()) == (whole, {"gateway"})
    child.delete()
    assert "gateway" in told()
    assert sorted(topics_of("gateway")) == topics(gateway)


def test_an_alias_gives_nobody_the_voice_of_who_is_called_so(near):
    one = Device(uid="one", name="one", site=near)
    one.issue_token()
    one.save()
    DeviceAlias.objects.create(alias="two", device=one)
    assert topics(one) == ["devices/one/#", "devices/two/#"]
    told()
    Device.objects.create(uid="two", name="two", site=near)
    assert (topics(one), told()) == (["devices/one/#"], {"one"})
