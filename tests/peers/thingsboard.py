"""A gateway of ThingsBoard's Python SDK with a device behind it, and a device with a token, until
its standard input ends: `python thingsboard.py PORT PORT_OF_DEVICES TOKEN`."""

from __future__ import annotations

import sys
import time

from tb_device_mqtt import TBDeviceMqttClient
from tb_gateway_mqtt import TBGatewayMqttClient

DEVICE = "Pump 7"


def main() -> None:
    gateway = TBGatewayMqttClient("127.0.0.1", int(sys.argv[1]), username="token")
    gateway.connect()
    gateway.gw_connect_device(DEVICE, "pump")
    gateway.gw_send_attributes(DEVICE, {"fw_version": "1.4.2", "depth": 12})
    now_ms = int(time.time() * 1000)
    sent = gateway.gw_send_telemetry(
        DEVICE,
        [
            {"ts": now_ms - 1000, "values": {"flow": 3.5, "on": True}},
            {"ts": now_ms, "values": {"flow": 4.25}},
        ],
    )
    sent.get()
    device = TBDeviceMqttClient("127.0.0.1", int(sys.argv[2]), username=sys.argv[3])
    device.connect()
    while not device.is_connected():
        time.sleep(0.05)
    assert device.send_attributes({"fw_version": "3.0"}).get() == 0
    assert device.send_telemetry({"ts": now_ms, "values": {"pressure": 2.25}}).get() == 0
    sys.stdout.write("spoken\n")
    sys.stdout.flush()
    sys.stdin.read()
    gateway.gw_disconnect_device(DEVICE).get()
    gateway.disconnect()
    device.disconnect()


if __name__ == "__main__":
    main()
