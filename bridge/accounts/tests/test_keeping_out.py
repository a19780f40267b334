"""Who floods is kept out by a real Mosquitto, and nobody else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from devices import mqtt_rights
from devices.broker_account import PAUSE, PAUSED, BrokerAccount, standing
from devices.dynsec import GATEWAY
from devices.flooding import MAX_DENIED, Flood, keep_out
from devices.models import Device

OWN = Flood("devices/pump/telemetry", "pump")


def over(deliver) -> None:
    """The pauses end."""
    BrokerAccount.objects.exclude(paused_until=None).update(paused_until=Now(), due_at=Now())
    deliver()


def test_a_device_that_floods_is_kept_out_for_a_while(register, connect, deliver):
    pump, other = register("pump"), register("other")
    loud, quiet = connect(pump), connect(other)
    assert loud.may_connect()
    assert quiet.may_connect()
    assert keep_out([OWN, Flood("devices/nobody/telemetry", "nobody")]) == [("pump", frozenset())]
    assert keep_out([OWN]) == [], "it is out already"
    deliver()
    assert loud.is_cut_off()
    assert not connect(pump).may_connect()
    assert quiet.may_publish("devices/other/telemetry")
    assert standing(pump) == ("refused", PAUSED)
    row = BrokerAccount.objects.get(pk="pump")
    assert row.due_at == row.paused_until, "then the broker is told again"
    Device.objects.filter(uid="pump").update(mqtt_filters=["pump/#"])
    deliver()
    assert not connect(pump).may_connect(), "whatever else becomes of it meanwhile"
    assert BrokerAccount.objects.get(pk="pump").due_at == row.paused_until
    over(deliver)
    assert connect(pump).may_connect()
    assert standing(pump) == ("told", "")


def test_nobody_speaks_for_a_child_that_floods_and_its_gateway_speaks_for_the_others(
    register, connect, deliver
):
    """Through the gateway's account, of which nobody knows who sent what."""
    Device.objects.create(uid="pump", name="pump")  # it has no account of its own
    gateway = register("gateway-1", mqtt_filters=["devices/pump/#", "devices/fan/#"])
    register("gateway-2", mqtt_filters=["devices/fan/#"])
    speaks = connect(gateway)
    assert speaks.may_publish(OWN.topic)
    assert keep_out([OWN]) == [("gateway-1", frozenset([OWN.topic]))]
    deliver()
    assert not speaks.may_publish(OWN.topic)
    assert speaks.may_publish("devices/fan/telemetry")
    assert speaks.may_publish("devices/gateway-1/telemetry")
    assert OWN.topic in standing(gateway)[1]
    assert mqtt_rights.topics_of("gateway-1", "devices/fan/telemetry")
    assert mqtt_rights.topics_of("gateway-1", OWN.topic) == [], "as brokers that ask are told"
    assert keep_out([OWN]) == []
    over(deliver)
    assert speaks.may_publish(OWN.topic)
    assert standing(gateway) == ("told", "")


def test_a_topic_of_another_dialect_is_closed_to_the_account_they_share(connect, deliver):
    shared = connect(GATEWAY)
    flood = Flood("tele/plug-1/SENSOR", "plug-1")
    assert shared.may_publish(flood.topic)
    assert keep_out([flood]) == [(GATEWAY, frozenset([flood.topic]))]
    deliver()
    assert not shared.may_publish(flood.topic)
    assert shared.may_publish("tele/plug-2/SENSOR")
    over(deliver)
    assert shared.may_publish(flood.topic)
    assert not shared.may_publish("devices/pump/telemetry"), "as before"
    assert not BrokerAccount.objects.exists()


def test_who_floods_many_topics_loses_the_account(register, connect, deliver):
    gateway = register("gateway-1", mqtt_filters=["tele/#"])
    many = [Flood(f"tele/{number}/STATE") for number in range(MAX_DENIED + 1)]
    keep_out(many[:MAX_DENIED])
    deliver()
    assert connect(gateway).may_publish(many[-1].topic)
    assert ("gateway-1", frozenset()) in keep_out(many[MAX_DENIED:])
    deliver()
    assert not connect(gateway).may_connect()
    assert not connect(GATEWAY).may_connect()
    over(deliver)
    assert connect(gateway).may_publish(many[0].topic)
    assert connect(GATEWAY).may_publish(many[0].topic)


def test_a_device_that_sends_of_many_under_its_own_topic_is_its_own_owner(register):
    register("gateway-1")
    (kept,) = keep_out([Flood("devices/gateway-1/telemetry")])
    assert kept == ("gateway-1", frozenset())


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_keeps_nobody_out_for_longer(register, connect, deliver, hours):
    """The database's, as if it had been set since."""
    pump, _ = register("pump"), register("gateway-1", mqtt_filters=["devices/pump/#"])
    keep_out([OWN])
    deliver()
    assert not connect(pump).may_connect()
    set_by = timedelta(hours=hours)
    BrokerAccount.objects.update(
        paused_until=F("paused_until") - set_by, due_at=F("due_at") - set_by
    )
    assert mqtt_rights.may_be_there("pump", pump.token)
    deliver()
    assert connect(pump).may_connect()
    assert standing(pump) == ("told", "")
    assert [each[0] for each in keep_out([OWN])] == ["gateway-1", "pump"], "if it floods on"


def test_a_device_that_was_refused_is_told_again_after_a_clock_was_set_back(register, deliver):
    pump = register("pump")
    BrokerAccount.objects.update(
        told=0, failures=3, error="away", due_at=Now() + timedelta(hours=1)
    )
    deliver()
    assert standing(pump) == ("told", "")


def test_a_broker_that_was_restored_meanwhile_is_told_once_more(
    register, connect, deliver, closed_broker
):
    pump = register("pump")
    before = closed_broker.server.accounts_file.read_bytes()
    keep_out([OWN])
    deliver()
    assert not connect(pump).may_connect()
    closed_broker.stop()
    closed_broker.start()
    assert not connect(pump).may_connect(), "a restart lets nobody in"
    closed_broker.stop()
    closed_broker.server.accounts_file.write_bytes(before)
    closed_broker.start()
    loud = connect(pump)
    assert loud.may_connect()
    assert keep_out([OWN]) == [], "as another bridge of the group sees it"
    deliver()
    assert loud.is_cut_off()


def test_brokers_that_ask_or_read_keep_out_who_floods(db):
    pump = Device(uid="pump", name="pump")
    token = pump.issue_token()
    pump.save()
    assert mqtt_rights.may_be_there("pump", token)
    keep_out([OWN])
    assert not mqtt_rights.may_be_there("pump", token)
    assert mqtt_rights.topics_of("pump") == []
    BrokerAccount.objects.update(paused_until=Now() + PAUSE + timedelta(seconds=1))
    assert mqtt_rights.may_be_there("pump", token), "after a clock that was set back"
