"""What the broker lets devices do, tried as somebody who should not: against a real Mosquitto."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from bridge.accounts import delivery
from bridge.accounts.delivery import Delivery
from bridge.mqtt.control import Control, ControlAway
from devices import clock, removal
from devices.broker_account import BrokerAccount, standing
from devices.dynsec import BRIDGE, CONTROL, GATEWAY
from devices.models import Device, DeviceAlias

OWN = ("devices/pump/telemetry", "devices/pump/status", "devices/pump/rpc/1")
NOT_ITS_OWN = (
    "devices/other/telemetry", "devices/other", "devices", "devices/pump2/telemetry",
    "tele/plug/STATE", "$CONTROL/dynamic-security/v1", "$SYS/broker/uptime", "/devices/pump/x",
)  # fmt: skip
FOREIGN_FILTERS = (
    "#", "+/+/+", "devices/#", "devices/+/telemetry", "devices/+/errors", "devices/other/errors",
    "$SYS/#", "$CONTROL/#", "$share/g/devices/+/telemetry",
)  # fmt: skip


def test_a_device_speaks_for_itself_alone_and_reads_its_own(register, connect):
    pump, other = register("pump"), register("other")
    device = connect(pump)
    assert device.may_connect()
    assert [topic for topic in OWN if not device.may_publish(topic)] == []
    assert [topic for topic in NOT_ITS_OWN if device.may_publish(topic)] == []
    assert [each for each in FOREIGN_FILTERS if device.may_subscribe(each)] == []
    assert device.may_subscribe("devices/pump/errors")
    assert device.may_subscribe("devices/pump/#")

    bridge = connect(BRIDGE)
    assert bridge.may_connect()
    assert bridge.may_subscribe("devices/+/+")
    assert bridge.may_publish("devices/pump/errors")
    assert bridge.may_publish("devices/other/errors")
    assert not bridge.may_publish("$CONTROL/dynamic-security/v1", b'{"commands": []}')
    device.vanish()  # its will is of another device's topic
    assert bridge.may_publish("devices/other/probe")  # it comes behind the will
    while "devices/other/probe" not in bridge.got:
        bridge.look()
    assert "devices/other/telemetry" not in bridge.got

    for name, word in (("pump", other.token), ("other", pump.token), ("pump.2", pump.token)):
        assert not connect(name, word).may_connect()
    for name in ("", "pump/other", "+", "#", "device-pump", "pulseboard"):
        assert not connect(name, "x").may_connect()


def test_who_takes_a_client_id_gets_nothing_of_its_owner(register, connect):
    pump, thief = register("pump"), register("other")
    owner = connect(pump, client_id="the-pump")
    assert owner.may_connect()
    assert owner.may_subscribe("devices/pump/#")
    taken = connect(thief, client_id="the-pump")
    assert taken.may_connect()
    assert connect(BRIDGE).may_connect()
    sender = connect(BRIDGE)
    assert sender.may_connect()
    assert sender.may_publish("devices/pump/secret")
    assert taken.may_subscribe("devices/other/#")
    assert sender.may_publish("devices/other/probe")
    while "devices/other/probe" not in taken.got:
        taken.look()
    assert taken.got == ["devices/other/probe"]


def test_a_rotated_token_and_its_successor_both_work_until_the_old_one_ends(
    register, connect, deliver
):
    pump = register("pump")
    old, sealed = pump.token, Device.objects.get(uid="pump").token_sealed
    assert sealed == ""  # the broker has it
    before = connect(pump)
    assert before.may_connect()
    pump.issue_token(timedelta(hours=1))
    pump.save()
    assert pump.token not in Device.objects.get(uid="pump").token_sealed != ""
    deliver()
    assert connect(pump).may_publish("devices/pump/telemetry")
    assert before.may_publish("devices/pump/telemetry")  # its connection is left alone
    assert connect("pump", old).may_connect()
    row = BrokerAccount.objects.get(pk="pump")
    assert row.due_at == pump.former_until
    Device.objects.update(former_until=clock.now())
    BrokerAccount.objects.update(due_at=clock.now())
    deliver()
    assert before.is_cut_off()
    assert not connect("pump", old).may_connect()
    assert connect(pump).may_connect()


def test_a_token_that_is_replaced_or_revoked_stops_at_once(register, connect, deliver):
    pump = register("pump")
    old, device = pump.token, connect(pump)
    assert device.may_connect()
    pump.issue_token()
    pump.save()
    deliver()
    assert device.is_cut_off()
    assert not connect("pump", old).may_connect()
    device = connect(pump)
    assert device.may_connect()
    pump.revoke_tokens()
    pump.save()
    deliver()
    assert device.is_cut_off()
    assert not connect("pump", old).may_connect()


@pytest.mark.parametrize("way", ["disabled", "removed", "deleted"])
def test_a_device_that_is_connected_is_cut_off(register, connect, deliver, way):
    pump = register("pump")
    device = connect(pump)
    assert device.may_connect()
    rows = Device.with_removed.get_queryset()
    if way == "disabled":
        rows.update(enabled=False)
    elif way == "removed":
        removal.remove(rows, ["pump"], AnonymousUser())
    else:
        with connection.cursor() as cursor:  # whichever way it goes
            cursor.execute("DELETE FROM devices_device WHERE uid = 'pump'")
    deliver()
    assert device.is_cut_off()
    assert not connect(pump).may_connect()
    if way == "disabled":
        rows.update(enabled=True)
    elif way == "removed":
        removal.restore(rows, ["pump"], AnonymousUser())
    deliver()
    assert connect(pump).may_connect() == (way != "deleted")
    assert BrokerAccount.objects.count() == (way != "deleted")


def test_a_gateway_speaks_for_its_children_and_nobody_else(register, connect, deliver):
    gateway = register("gateway-1", mqtt_filters=["devices/child/#", "zigbee2mqtt/hall/#"])
    device = connect(gateway)
    for topic in ("devices/gateway-1/telemetry", "devices/child/telemetry", "zigbee2mqtt/hall/a"):
        assert device.may_publish(topic)
    assert device.may_subscribe("zigbee2mqtt/hall/+/set")
    for topic in ("devices/other/telemetry", "zigbee2mqtt/cellar/a"):
        assert not device.may_publish(topic)
    DeviceAlias.objects.create(alias="was-called", device=gateway)
    Device.objects.update(mqtt_filters=[])
    deliver()
    assert device.may_publish("devices/was-called/telemetry")
    assert not device.may_publish("devices/child/telemetry")


def test_who_shares_the_gateways_account_speaks_as_no_device(register, connect):
    register("pump")
    shared = connect(GATEWAY)
    assert shared.may_publish("tele/plug/STATE")
    assert shared.may_subscribe("zigbee2mqtt/#")
    assert not shared.may_publish("devices/pump/telemetry")
    assert not shared.may_publish("$CONTROL/dynamic-security/v1", b"{}")
    assert not connect(CONTROL).may_publish("devices/pump/telemetry")


def test_what_is_wanted_while_the_broker_is_away_is_told_when_it_is_back(
    register, connect, deliver, closed_broker
):
    pump = register("pump")
    closed_broker.kill()
    pump.issue_token()
    pump.save()
    new = Device(uid="new", name="new")
    new.issue_token()
    new.save()
    with pytest.raises(ControlAway):
        deliver()
    assert standing(pump) == standing(new) == ("waiting", "")
    closed_broker.start()
    deliver()
    assert standing(pump) == standing(new) == ("told", "")
    assert connect(pump).may_connect()
    assert connect(new).may_connect()


def test_an_account_of_somebody_elses_is_not_taken_over(control, deliver):
    there = Control(control).open()
    there.ask([{"command": "createRole", "rolename": "r"}])
    there.ask([{"command": "createClient", "username": "ops", "password": "theirs",
                "roles": [{"rolename": "r"}]}])  # fmt: skip
    device = Device(uid="ops", name="ops")
    device.issue_token()
    device.save()
    deliver()
    state, said = standing(device)
    assert state == "refused"
    assert "none of ours" in said
    device.delete()
    deliver()
    (answer,) = there.ask([{"command": "getClient", "username": "ops"}])
    assert answer["data"]["client"]["roles"] == [{"rolename": "r"}]
    there.close()


def test_one_process_tells_and_another_takes_over(register, control):
    pump = register("pump")
    first, second = Delivery(control), Delivery(control)
    assert first.step() > 0
    Device.objects.update(enabled=False)
    assert second.step() > 0
    assert standing(pump)[0] == "waiting"
    first.close()
    second.close()  # it asks for the lease anew at its next step
    assert second.step() == 0
    assert standing(pump)[0] == "told"
    second.close()


def test_what_changed_while_it_was_told_is_told_again(register, deliver, monkeypatch):
    pump = register("pump")
    Device.objects.update(enabled=False)
    real = delivery.wanted

    def read(uids):
        states = real(uids)
        monkeypatch.setattr(delivery, "wanted", real)
        Device.objects.update(enabled=True)
        return states

    monkeypatch.setattr(delivery, "wanted", read)
    deliver()
    assert standing(pump)[0] == "told"
