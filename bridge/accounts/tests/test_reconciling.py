"""The broker and the registry are made to agree, whichever of them lost what it had."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bridge.accounts import reconciling
from bridge.mqtt.control import Control
from devices.broker_account import BrokerAccount, standing
from devices.dynsec import BRIDGE
from devices.models import Device


def sync(*words: str) -> str:
    said = StringIO()
    call_command("broker", "sync", *words, stdout=said)
    return said.getvalue()


def test_what_was_changed_behind_our_back_is_made_right(register, connect, control):
    pump, other, gone = register("pump"), register("other"), register("gone")
    BrokerAccount.objects.all().delete()
    Device.objects.filter(uid="gone").delete()
    Device.objects.filter(uid="other").update(enabled=False)
    BrokerAccount.objects.all().delete()  # as after a backup of the database
    there = Control(control).open()
    acls = [{"acltype": "publishClientSend", "topic": "#", "priority": 0, "allow": True}]
    there.ask([
        {"command": "modifyRole", "rolename": "device-pump", "acls": acls},
        {"command": "createRole", "rolename": "mine"},
        {"command": "createClient", "username": "mine", "roles": [{"rolename": "mine"}]},
    ])  # fmt: skip
    said = sync()
    assert "0 missing, 2 other than they should be, 1 of devices that are no more" in said
    assert not connect(pump).may_publish("devices/other/telemetry")
    assert not connect(other).may_connect()
    assert not connect(gone).may_connect()
    (mine,) = there.ask([{"command": "getClient", "username": "mine"}])
    assert "error" not in mine
    there.close()
    assert "0 missing, 0 other" in sync()


def test_a_broker_that_lost_its_accounts_is_given_them_with_a_file(
    register, connect, closed_broker, deliver
):
    pump, off = register("pump"), register("off")
    old = pump.token
    pump.issue_token(timedelta(hours=1))
    pump.save()
    Device.objects.filter(uid="off").update(enabled=False)
    older = Device.objects.create(uid="older", name="Older", token_digest="0" * 64)
    deliver()
    path = closed_broker.server.accounts_file
    assert "nothing is lost" in sync("--into", str(path), "--if-lost")
    closed_broker.stop()
    path.unlink()
    closed_broker.server.prepare()
    closed_broker.start()
    assert not connect(pump).may_connect()
    assert "3 missing" in (said := sync())
    assert "3 have no right account" in said
    assert standing(pump)[0] == "refused"

    said = sync("--into", str(path), "--if-lost")
    assert "2 devices written" in said
    assert "1 devices need new tokens" in said
    assert "word-of" not in path.read_text()
    assert pump.token not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    closed_broker.stop()
    closed_broker.start()
    assert connect(pump).may_publish("devices/pump/telemetry")
    assert connect("pump", old).may_connect()
    assert not connect(off).may_connect()
    Device.objects.filter(uid="off").update(enabled=True)
    deliver()
    assert connect(off).may_connect()
    assert older.token_verifier == ""
    assert "1 missing, 0 other" in sync()


def test_what_the_broker_has_as_it_should_be_is_not_told_again(register, connect, control):
    pump, busy = register("pump"), register("busy")
    for each in (pump, busy):
        each.refresh_from_db()
        each.token_sealed = "sealed"
        each.save()
    BrokerAccount.objects.update(told=0, error="away", failures=3)
    there = Control(control).open()
    found = reconciling.difference(there, lambda _count: None)
    there.close()
    assert (found.uids, [each.uid for each in found.right]) == ([], ["busy", "pump"])
    busy.issue_token()
    busy.save()  # while it was compared
    reconciling.settle(found.right)
    pump.refresh_from_db()
    account = BrokerAccount.objects.get(pk="pump")
    assert (standing(pump), account.due_at, account.failures) == (("told", ""), None, 0)
    assert pump.token_sealed == ""
    assert standing(busy)[0] == "refused"
    assert Device.objects.get(uid="busy").token_sealed
    assert "0 missing, 1 other" in sync()
    assert connect(busy).may_connect()


def test_who_lost_its_role_or_was_given_another_has_its_own_again(register, connect, control):
    """By `removeClientRole`: `deleteRole` leaves what Mosquitto 2.0.11 may stumble over itself."""
    pump, fan, spy = register("pump"), register("fan"), register("spy")
    there = Control(control).open()
    there.ask([
        {"command": "removeClientRole", "username": "pump", "rolename": "device-pump"},
        {"command": "addClientRole", "username": "spy", "rolename": BRIDGE},
        {"command": "createGroup", "groupname": "all", "roles": [{"rolename": BRIDGE}]},
        {"command": "addGroupClient", "groupname": "all", "username": "fan"},
    ])  # fmt: skip
    there.close()
    assert connect(spy).may_subscribe("devices/pump/telemetry")
    assert "0 missing, 3 other" in sync()
    assert connect(pump).may_publish("devices/pump/telemetry")
    assert standing(pump) == ("told", "")
    for each in (spy, fan):
        assert not connect(each).may_subscribe("devices/pump/telemetry")
    assert "0 missing, 0 other" in sync()


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(reconciling.SQL))
def test_no_statement_reads_all_accounts_or_devices(name):
    Device.objects.bulk_create(
        Device(uid=f"d{n}", name="D", token_digest="0") for n in range(2_000)
    )
    samples = {"uids": ["d1"], "numbers": [1], "marks": ["0"]}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE devices_device, devices_brokeraccount")
        cursor.execute(f"EXPLAIN {reconciling.SQL[name]}", samples)
        plan = "\n".join(line for (line,) in cursor)
    assert "Seq Scan" not in plan, plan


def test_a_file_of_somebody_elses_is_added_to(register, tmp_path):
    register("pump")
    path = tmp_path / "dynamic-security.json"
    stale = {"username": "was", "roles": [{"rolename": "device-was"}]}
    path.write_text(json.dumps({
        "anonymousGroup": "guests",
        "clients": [{"username": "admin", "roles": [{"rolename": "admin"}]}, stale],
        "roles": [{"rolename": "admin", "acls": []}, {"rolename": "device-was", "acls": []}],
    }))  # fmt: skip
    sync("--into", str(path))
    found = json.loads(path.read_text())
    assert [each["username"] for each in found["clients"]] == ["admin", "pump"]
    assert [each["rolename"] for each in found["roles"]] == ["admin", "device-pump"]
    assert found["anonymousGroup"] == "guests"
    assert found["defaultACLAccess"]["publishClientReceive"] is False


def test_without_an_account_for_it_nothing_is_synced(db, settings):
    settings.BROKER_CONTROL = None
    with pytest.raises(CommandError, match="BROKER_CONTROL_URL"):
        sync()
