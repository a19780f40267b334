"""Who connects with somebody else's client id, against a real Mosquitto."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings as configured

from bridge.accounts.tests.conftest import Client
from devices.dynsec import BRIDGE, SIMULATOR
from tests.servers import BROKER_PASSWORDS as PASSWORDS
from tests.waiting import eventually

DOC = (Path(configured.BASE_DIR) / "docs" / "broker-accounts.md").read_text()


def test_who_takes_over_a_session_reads_nothing_that_was_kept_in_it(register, connect):
    pump, thief = register("pump"), register("other")
    owner = connect(pump, client_id="the-pump", keeps=True)
    assert owner.may_connect()
    assert owner.may_subscribe("devices/pump/#")
    owner.vanish()
    bridge = connect(BRIDGE)
    assert bridge.may_connect()
    assert bridge.may_publish("devices/pump/kept")
    taken = connect(thief, client_id="the-pump", keeps=True)
    assert taken.may_connect()
    assert bridge.may_publish("devices/pump/secret")
    assert taken.may_subscribe("devices/other/#")
    assert bridge.may_publish("devices/other/probe")  # it comes behind all of them
    eventually(lambda: taken.look() or "devices/other/probe" in taken.got)
    assert taken.got == ["devices/other/probe"]


def test_a_listener_that_goes_by_user_names_lets_nobody_knock_another_off(
    register, connect, closed_broker, free_port
):
    pump, thief = register("pump"), register("other")
    inner = free_port()
    (lines,) = re.findall(r"```\n(listener 1883\nuse_username.*?)```", DOC, re.S)
    config = closed_broker.server.folder / "mosquitto.conf"
    outer = f"listener {closed_broker.port} 127.0.0.1"
    text = config.read_text().replace(f"{outer}\n", "")
    lines = lines.replace("listener 1883", outer).replace("1884", str(inner))
    closed_broker.stop()
    config.write_text(lines + text)
    closed_broker.start()
    owner = connect(pump, client_id="the-pump")
    assert owner.may_connect()
    for name in ("the-pump", "pump"):
        assert connect(thief, client_id=name).may_connect()
    assert owner.may_publish("devices/pump/telemetry")
    assert owner.is_open
    ours = [Client(inner, SIMULATOR, PASSWORDS[SIMULATOR], client_id=f"sim-{n}") for n in (1, 2)]
    assert all(each.may_connect() for each in ours)
    assert all(each.may_publish("devices/pump/telemetry") for each in ours)
