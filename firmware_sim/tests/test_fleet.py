"""Who the devices are, and what the command line makes of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from firmware_sim.connection import Broker
from firmware_sim.dialects import DIALECTS
from firmware_sim.fleet import build_fleet, sites_named
from firmware_sim.models import MODELS
from firmware_sim.options import parse
from firmware_sim.tests.conftest import ROOT


def test_the_fleet_is_the_same_in_every_run_and_uids_are_unique():
    fleet = build_fleet(100, seed=1, rate=2.0)
    assert fleet == build_fleet(100, seed=1, rate=2.0)
    assert len({one.uid for one in fleet}) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", one.uid) for one in fleet)
    assert fleet[13].uid == "freezer-003"


def test_every_site_has_every_kind():
    fleet = build_fleet(24, seed=1, rate=1.0)
    pairs = {(one.site.slug, one.model.kind) for one in fleet}
    assert len(pairs) == 4 * len(MODELS)


def test_the_expected_interval_follows_the_rate():
    assert {one.expected_interval for one in build_fleet(12, seed=1, rate=4.0)} == {0.25}


def test_a_smaller_fleet_is_the_beginning_of_a_larger_one():
    assert build_fleet(50, seed=1, rate=1.0)[:10] == build_fleet(10, seed=1, rate=1.0)


def test_guests_come_besides_and_speak_a_dialect() -> None:
    fleet = build_fleet(6, seed=1, rate=1.0, guests=("tasmota", "zigbee2mqtt"))
    assert fleet[:6] == build_fleet(6, seed=1, rate=1.0)
    plug, sensor = fleet[6:]
    assert (plug.uid, plug.model.kind, plug.dialect) == (
        "guest-tasmota",
        "power-meter",
        DIALECTS["tasmota"],
    )
    assert (sensor.uid, sensor.model.kind) == ("guest-zigbee2mqtt", "air-quality")
    # What `manage.py up` has adopted by itself.
    topic = plug.dialect.readings(plug, plug.model(1, plug.uid).measure(1.0), 1.0)[0].topic
    assert topic == "tele/guest-tasmota/SENSOR"


def test_named_sites_get_slugs_and_known_ones_keep_their_place():
    first, second = sites_named(["Hill farm", "Öl & Gas 7"])
    assert first.latitude == 53.3297
    assert second.slug == "l-gas-7"
    with pytest.raises(ValueError, match="no letter"):
        sites_named(["…"])


@pytest.mark.process
def test_describe_prints_the_fleet_as_json():
    command = [sys.executable, "-m", "firmware_sim", "--describe", "--devices", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert len(document["devices"]) == 7
    motor = document["devices"][2]
    assert motor["kind"] == "motor"
    units = {series["metric"]: series["unit"] for series in motor["series"]}
    assert units["vibration.x.rms"] == "mm/s"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--devices", "0"],
        ["--rate", "-1"],
        ["--faults", "gremlins"],
        ["--mqtt", "http://127.0.0.1"],
        ["--mqtt", "mqtt://"],
        ["--uid-prefix", "a/b"],
        ["--protocol", "4"],
    ],
)
def test_nonsense_is_refused(wrong, capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(wrong, {})
    assert exit_.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_the_broker_comes_from_the_environment_and_may_have_a_password():
    assert parse([], {"MQTT_URL": "mqtt://broker:2000"}).mqtt == "mqtt://broker:2000"
    broker = Broker.parse("mqtt://sim:p%40ss@broker", "5")
    assert broker == Broker("broker", 1883, "sim", "p@ss", "5")


def test_all_faults_can_be_asked_for_at_once():
    assert len(parse(["--faults", "all"], {}).faults) == 5
    assert parse(["--faults", "late,drift"], {}).faults == ("late", "drift")
