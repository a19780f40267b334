"""Devices that register themselves over MQTT, and what others at the broker hear of it."""

from __future__ import annotations

import json

from access.tries import Tries
from bridge.accounts.claims import OWN_TOKEN, Claims, answer
from devices.credentials import TOKEN_PREFIX
from devices.dynsec import BRIDGE, CLAIM_ANSWERS, CLAIMS, GATEWAY
from devices.models import Device, Site
from devices.provisioning_key import make_key
from tests.waiting import eventually

OWN = TOKEN_PREFIX + "a-Z_0" * 9


def test_a_device_registers_itself_and_nobody_hears_its_secret(control, connect, deliver, register):
    site = Site.objects.create(slug="plant", name="Plant")
    other = register("other")
    claims = Claims(control)
    assert claims.step() > 0  # there is no key: it does not even listen
    made = make_key(site)
    asked = {"deviceName": "pump", "token": OWN, "provisionDeviceKey": made.key,
             "provisionDeviceSecret": made.secret}  # fmt: skip
    assert claims.step() > 0
    newcomer = connect(GATEWAY)
    assert newcomer.may_subscribe(CLAIM_ANSWERS)
    listeners = [connect(GATEWAY), connect(BRIDGE)]
    for each in listeners:
        assert each.may_connect()
        assert each.may_subscribe("#")
        assert not each.may_publish(CLAIM_ANSWERS)  # nobody answers in our place
    device = connect(other)
    assert device.may_connect()
    assert not device.may_subscribe(CLAIMS)
    assert not device.may_publish(CLAIMS)
    assert newcomer.may_publish(CLAIMS, json.dumps(asked).encode())

    def answered() -> bool:
        claims.step()
        newcomer.look()
        return CLAIM_ANSWERS in newcomer.got

    eventually(answered, what="the answer")
    claims.close()
    deliver()
    assert Device.objects.get(uid="pump").site == site
    assert connect("pump", OWN).may_publish("devices/pump/telemetry")
    for each in listeners:
        eventually(lambda each=each: each.look() or CLAIM_ANSWERS in each.got)
        assert CLAIMS not in each.got


def test_an_answer_names_the_device_and_no_token(db):
    made = make_key(Site.objects.create(slug="plant", name="Plant"))
    asked = {"deviceName": "pump", "provisionDeviceKey": made.key,
             "provisionDeviceSecret": made.secret}  # fmt: skip
    said = {"deviceName": "pump", "status": "FAILURE"}
    assert answer(json.dumps(asked).encode()) == {**said, "errorMsg": OWN_TOKEN}
    assert not Device.objects.exists()
    for wrong in (b"", b"[]", b"{", b"[" * 4_000, b"{}" + b" " * 5_000, b"\xff"):
        assert answer(wrong)["status"] == "FAILURE"
    whole = json.dumps({**asked, "token": OWN}).encode()
    success = {"status": "SUCCESS", "credentialsType": "ACCESS_TOKEN", "deviceName": "pump"}
    assert answer(whole) == answer(whole) == success  # a broker brings it twice
    guess = json.dumps({**asked, "token": OWN, "provisionDeviceSecret": "x"}).encode()
    refusals = [answer(guess)["errorMsg"] for _ in range(12)]
    assert refusals[-1].startswith("Too many tries.")
    assert Tries.objects.exists()
